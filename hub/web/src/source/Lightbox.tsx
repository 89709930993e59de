import { ActionIcon, Button, Loader, Modal } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { IconAlertTriangle, IconChevronLeft, IconChevronRight, IconDownload, IconX } from '@tabler/icons-react';
import type { Picture, SourceAddress } from '../api/documents.ts';
import { bytesText, countText } from '../format/amounts.ts';
import { shownName } from '../format/names.ts';
import { instantText } from '../format/times.ts';
import { useFocusBack } from '../parts/focus-back.ts';
import classes from './Lightbox.module.css';
import { usePictures } from './picture-pages.ts';

/** A JPEG up to this size is shown whole; of a larger one, and of other kinds, the preview. */
const WHOLE_BYTES_MAX = 15_000_000;

type Props = {
  address: SourceAddress;
  day: string;
  index: number;
  total: number;
  zone: string | undefined;
  onIndex: (index: number) => void;
  onClose: () => void;
};

/** One picture, large, with its details; arrow keys lead to its neighbours, Escape back. */
export function Lightbox({ address, day, index, total, zone, onIndex, onClose }: Props) {
  useFocusBack();
  const picture = usePictures(address, day, index, index).at(index);
  const go = (to: number) => (to >= 0 && to < total ? onIndex(to) : undefined);
  useHotkeys([
    ['ArrowLeft', () => go(index - 1)],
    ['ArrowRight', () => go(index + 1)],
    ['Home', () => go(0)],
    ['End', () => go(total - 1)],
  ]);
  const name = picture ? shownName(picture.name) : 'Picture';
  return (
    <Modal.Root opened onClose={onClose} fullScreen>
      <Modal.Content className={classes.root} aria-label={name}>
        <div className={classes.column}>
          <div className={classes.bar}>
            <div className={classes.words}>
              <div className={classes.name}>{name}</div>
              <div className={classes.details}>{picture ? detailsOf(picture, zone) : 'Loading…'}</div>
            </div>
            {picture ? (
              <Button
                component="a"
                href={picture.originalUrl}
                download={name}
                className={classes.button}
                leftSection={<IconDownload size={16} />}
                variant="transparent"
              >
                Original
              </Button>
            ) : null}
            <ActionIcon variant="transparent" size="lg" className={classes.button} onClick={onClose} aria-label="Close">
              <IconX size={22} />
            </ActionIcon>
          </div>
          <div className={classes.stage}>
            {picture ? <Large key={picture.path} picture={picture} /> : <Loader color="gray" aria-label="Loading" />}
            <Step label="Previous picture" side="left" disabled={index === 0} onClick={() => go(index - 1)} />
            <Step label="Next picture" side="right" disabled={index >= total - 1} onClick={() => go(index + 1)} />
          </div>
          <div className={classes.foot} aria-live="polite">
            {countText(index + 1)} of {countText(total)}
          </div>
        </div>
      </Modal.Content>
    </Modal.Root>
  );
}

function Large({ picture }: { picture: Picture }) {
  if (picture.unreadable)
    return (
      <div className={classes.unreadable}>
        <IconAlertTriangle size={38} stroke={1.5} aria-hidden="true" />
        <strong>This picture is unreadable</strong>
        <span>{shownName(picture.unreadable)}</span>
        <span>Its bytes are kept as they are; the original can be downloaded.</span>
      </div>
    );
  const whole = picture.kind === 'jpg' && picture.size <= WHOLE_BYTES_MAX;
  return (
    <>
      <img className={classes.image} src={picture.previewUrl} alt={shownName(picture.name)} />
      {whole ? (
        <img
          className={classes.image}
          src={picture.originalUrl}
          alt=""
          onError={(event) => event.currentTarget.remove()}
        />
      ) : null}
    </>
  );
}

type StepProps = { label: string; side: 'left' | 'right'; disabled: boolean; onClick: () => void };
function Step({ label, side, disabled, onClick }: StepProps) {
  const Icon = side === 'left' ? IconChevronLeft : IconChevronRight;
  return (
    <ActionIcon
      className={classes.step}
      data-side={side}
      size={46}
      radius="xl"
      aria-label={label}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon size={26} />
    </ActionIcon>
  );
}

const detailsOf = (picture: Picture, zone: string | undefined): string =>
  [
    picture.capturedAt ? instantText(picture.capturedAt, zone) : undefined,
    bytesText(picture.size),
    picture.kind === 'jpg' ? 'JPEG' : picture.kind,
    shownName(picture.path),
  ]
    .filter(Boolean)
    .join(' · ');
