import { useElementSize, useMergedRef } from '@mantine/hooks';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef } from 'react';
import type { SourceAddress } from '../api/documents.ts';
import { ErrorNotice } from '../parts/ErrorNotice.tsx';
import classes from './PictureGrid.module.css';
import { PictureTile } from './PictureTile.tsx';
import { usePictures } from './picture-pages.ts';

const TILE_WIDTH_MIN = 150;
const GAP = 12;
const CAPTION = 26;
const HEIGHT_MAX = 720;

type Props = {
  address: SourceAddress;
  day: string;
  total: number;
  zone: string | undefined;
  onOpen: (index: number) => void;
};

/** A day may hold ten thousand pictures: only those in sight are in the page, and only their pages are fetched. */
export function PictureGrid({ address, day, total, zone, onOpen }: Props) {
  const scroll = useRef<HTMLDivElement>(null);
  const { ref: size, width } = useElementSize();
  const ref = useMergedRef(scroll, size);
  const columns = Math.max(2, Math.floor((width + GAP) / (TILE_WIDTH_MIN + GAP)));
  const rowHeight = width === 0 ? 130 : ((width - GAP * (columns - 1)) / columns) * 0.625 + CAPTION + GAP;
  const rows = Math.ceil(total / columns);
  const virtual = useVirtualizer({
    count: rows,
    getScrollElement: () => scroll.current,
    estimateSize: () => rowHeight,
    overscan: 3,
  });
  const height = virtual.options.estimateSize(0);
  const items = width === 0 ? [] : virtual.getVirtualItems();
  const first = (items[0]?.index ?? 0) * columns;
  const last = Math.min(total - 1, ((items.at(-1)?.index ?? 0) + 1) * columns - 1);
  const pictures = usePictures(address, day, first, last);
  return (
    <>
      {pictures.error ? <ErrorNotice title="Some pictures could not be listed" error={pictures.error} retry={pictures.retry} /> : null}
      <div ref={ref} className={classes.scroll} style={{ height: Math.min(HEIGHT_MAX, rows * rowHeight) }}>
        <ul className={classes.all} style={{ height: rows * rowHeight }} aria-label="Pictures" data-row-height={height}>
          {items.flatMap((row) =>
            Array.from({ length: Math.min(columns, total - row.index * columns) }, (_, column) => {
              const index = row.index * columns + column;
              return (
                <li
                  key={index}
                  className={classes.cell}
                  style={{
                    top: row.index * rowHeight,
                    left: `calc((100% + ${GAP}px) / ${columns} * ${column})`,
                    width: `calc((100% + ${GAP}px) / ${columns} - ${GAP}px)`,
                  }}
                >
                  <PictureTile picture={pictures.at(index)} zone={zone} onOpen={() => onOpen(index)} />
                </li>
              );
            }),
          )}
        </ul>
      </div>
    </>
  );
}
