import { type BodyChoice, type CaptureTarget, isChoice } from './gphoto2-order.ts';

/** The card's copy of a picture: kept for ever, until it is delivered, or not at all. */
export type KeepOnCard = 'always' | 'until-delivered' | 'never';

export type CaptureWish = {
  choice: BodyChoice;
  settings: Readonly<Record<string, string>>;
  captureTarget: CaptureTarget | undefined;
  keepOnCard: KeepOnCard;
  files: number | undefined;
};

/**
 * How a picture is taken: by the add-on where it is a plain one, one file that stays on the card; by a session where the
 * body has to be told by more than its model, settings are wanted, a file is to be deleted, or there is more than one. As long as it is
 * not known how many files there are, by a session too: it asks for the camera's picture format before the shutter is released.
 */
export function wayOf(wish: CaptureWish, filesPerCapture: number | undefined): 'add-on' | 'session' {
  const { choice, settings, captureTarget, keepOnCard, files } = wish;
  const isPlain =
    !isChoice({ serial: choice.serial, owner: choice.owner }) &&
    Object.keys(settings).length === 0 &&
    captureTarget === undefined &&
    keepOnCard === 'always' &&
    (files ?? filesPerCapture) === 1;
  return isPlain ? 'add-on' : 'session';
}

/** A copy that is to be kept until its delivery needs the card. */
export const targetOf = ({ captureTarget, keepOnCard }: CaptureWish): CaptureTarget | undefined =>
  captureTarget ?? (keepOnCard === 'until-delivered' ? 'card' : undefined);
