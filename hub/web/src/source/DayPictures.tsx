import { Skeleton } from '@mantine/core';
import { IconCalendarOff } from '@tabler/icons-react';
import { useState } from 'react';
import type { SourceAddress } from '../api/documents.ts';
import { plural } from '../format/amounts.ts';
import { dayText } from '../format/days.ts';
import { ErrorNotice } from '../parts/ErrorNotice.tsx';
import { Nothing } from '../parts/Nothing.tsx';
import { Surface } from '../parts/Surface.tsx';
import classes from './DayPictures.module.css';
import { Lightbox } from './Lightbox.tsx';
import { PictureGrid } from './PictureGrid.tsx';
import { usePictures } from './picture-pages.ts';

type Props = { address: SourceAddress; day: string; zone: string | undefined };

/** The pictures of one day, and the one that is looked at. */
export function DayPictures({ address, day, zone }: Props) {
  const [open, setOpen] = useState<number | null>(null);
  const { total, error, retry } = usePictures(address, day, 0, 0);
  return (
    <Surface title={dayText(day)} note={total === undefined ? 'Loading…' : plural(total, 'picture')}>
      {error && total === undefined ? (
        <ErrorNotice title="The day could not be read" error={error} retry={retry} />
      ) : null}
      {total === undefined && !error ? (
        <div className={classes.skeleton} role="status" aria-label="Loading pictures">
          {['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((key) => (
            <Skeleton key={key} style={{ aspectRatio: '16 / 10' }} height="auto" radius="md" />
          ))}
        </div>
      ) : null}
      {total === 0 ? (
        <Nothing compact icon={<IconCalendarOff />} title="No pictures on this day">
          Days with pictures are coloured in the calendar.
        </Nothing>
      ) : null}
      {total !== undefined && total > 0 ? (
        <PictureGrid address={address} day={day} total={total} zone={zone} onOpen={setOpen} />
      ) : null}
      {total !== undefined && open !== null ? (
        <Lightbox
          address={address}
          day={day}
          index={Math.min(open, total - 1)}
          total={total}
          zone={zone}
          onIndex={setOpen}
          onClose={() => setOpen(null)}
        />
      ) : null}
    </Surface>
  );
}
