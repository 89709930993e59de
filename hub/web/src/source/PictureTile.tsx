import { Skeleton, UnstyledButton } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { Picture } from '../api/documents.ts';
import { shownName } from '../format/names.ts';
import { clockText } from '../format/times.ts';
import { Preview } from '../parts/Preview.tsx';
import classes from './PictureTile.module.css';

/** Nothing draws previews of these kinds, so none is asked for. */
const hasPreview = ({ unreadable, kind }: Picture): boolean =>
  unreadable === null && !['raw', 'video', 'sidecar'].includes(kind);

type Props = { picture: Picture | undefined; zone: string | undefined; onOpen: () => void };

/** One picture of a day, to be opened. */
export function PictureTile({ picture, zone, onOpen }: Props) {
  if (!picture) return <Skeleton radius="md" style={{ aspectRatio: '16 / 10' }} height="auto" />;
  const name = shownName(picture.name);
  const time = picture.capturedAt ? clockText(picture.capturedAt, zone) : name;
  return (
    <UnstyledButton
      className={classes.root}
      data-unreadable={picture.unreadable !== null || undefined}
      data-testid="picture"
      aria-label={`Open ${name}${picture.unreadable ? ', unreadable' : ''}`}
      onClick={onOpen}
    >
      <span className={classes.image}>
        <Preview url={hasPreview(picture) ? picture.previewUrl : null} alt="" none="No preview" />
        {picture.unreadable ? (
          <span className={classes.flag}>
            <IconAlertTriangle size={20} aria-hidden="true" />
            Unreadable
          </span>
        ) : null}
        {picture.kind === 'jpg' ? null : <span className={classes.kind}>{picture.kind}</span>}
      </span>
      <span className={classes.caption} title={name}>
        {time}
      </span>
    </UnstyledButton>
  );
}
