import { useElementSize, useMergedRef } from '@mantine/hooks';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { SourceAddress } from '../api/documents.ts';
import { ErrorNotice } from '../parts/ErrorNotice.tsx';
import classes from './PictureGrid.module.css';
import { PictureTile } from './PictureTile.tsx';
import { usePictures } from './picture-pages.ts';

const TILE_WIDTH_MIN = 150;
const GAP = 12;
const CAPTION = 26;

type Props = {
  address: SourceAddress;
  day: string;
  total: number;
  zone: string | undefined;
  onOpen: (index: number) => void;
};

/** A day may hold ten thousand pictures: only those in sight are in the page, and only their pages are fetched. */
export function PictureGrid({ address, day, total, zone, onOpen }: Props) {
  const list = useRef<HTMLUListElement>(null);
  const { ref: size, width } = useElementSize<HTMLUListElement>();
  const ref = useMergedRef(list, size);
  const top = usePageTop(list);
  const columns = Math.max(2, Math.floor((width + GAP) / (TILE_WIDTH_MIN + GAP)));
  const rowHeight = width === 0 ? 130 : ((width - GAP * (columns - 1)) / columns) * 0.625 + CAPTION + GAP;
  const rows = Math.ceil(total / columns);
  const virtual = useWindowVirtualizer({ count: rows, estimateSize: () => rowHeight, overscan: 4, scrollMargin: top });
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows of another height are measured anew, and only then.
  useEffect(() => virtual.measure(), [rowHeight]);
  const items = width === 0 ? [] : virtual.getVirtualItems();
  const first = (items[0]?.index ?? 0) * columns;
  const last = Math.min(total - 1, ((items.at(-1)?.index ?? 0) + 1) * columns - 1);
  const pictures = usePictures(address, day, first, last);
  return (
    <>
      {pictures.error ? (
        <ErrorNotice title="Some pictures could not be listed" error={pictures.error} retry={pictures.retry} />
      ) : null}
      <ul ref={ref} className={classes.all} style={{ height: rows * rowHeight }} aria-label="Pictures">
        {items.flatMap((row) =>
          Array.from({ length: Math.min(columns, total - row.index * columns) }, (_, column) => {
            const index = row.index * columns + column;
            const style = {
              top: row.index * rowHeight,
              left: `calc((100% + ${GAP}px) / ${columns} * ${column})`,
              width: `calc((100% + ${GAP}px) / ${columns} - ${GAP}px)`,
            };
            return (
              <li key={index} className={classes.cell} style={style}>
                <PictureTile picture={pictures.at(index)} zone={zone} onOpen={() => onOpen(index)} />
              </li>
            );
          }),
        )}
      </ul>
    </>
  );
}

/** Where an element begins on the page, in pixels; looked at again after each drawing, as what is above it may grow. */
function usePageTop(ref: React.RefObject<HTMLElement | null>): number {
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const element = ref.current;
    if (element) setTop(Math.round(element.getBoundingClientRect().top + window.scrollY));
  });
  return top;
}
