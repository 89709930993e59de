import type { CameraCondition, CardCopy, CardRelease } from './camera.ts';

/** Which of several bodies: each that is given must agree. Case and leading zeros do not count. */
export type BodyChoice = { serial?: string | undefined; owner?: string | undefined; model?: string | undefined };

/** A body on the bus, as far as it was looked at; `busy` when another program holds it. */
export type Body = {
  model: string;
  port: string;
  serial?: string | undefined;
  owner?: string | undefined;
  busy?: boolean | undefined;
};

/** Where the camera puts a picture before it is read: on its card, or in its own memory alone. */
export type CaptureTarget = 'card' | 'memory';

/** What a session with a body is to do, in this order. It goes to the child as JSON. */
export type SessionOrder = {
  choice: BodyChoice;
  /** Where the body was last: it is tried there first, so that no other one is touched. */
  lastPort?: string | undefined;
  /** Set where they differ, then read back. */
  settings: Readonly<Record<string, string>>;
  captureTarget?: CaptureTarget | undefined;
  capture?: CaptureOrder | undefined;
  release?: readonly CardCopy[] | undefined;
  condition: boolean;
};
export type CaptureOrder = {
  folder: string;
  /** Files of one shutter release; told by the camera's own picture format where absent. */
  files?: number | undefined;
  /** Deletes them on the card as soon as all of them are durable in the folder. */
  thenDelete: boolean;
  /** Tells where the card holds the files, for a release later. */
  rememberCard: boolean;
  /** How long further files of the release are waited for. */
  filesLimitMs: number;
};

/** The session's last line of output, in JSON. Files that are named are complete and durable. */
export type SessionAnswer = {
  found: Body[];
  /** Absent when none on the bus was the right one. */
  body?: Body | undefined;
  files: SavedFile[];
  condition?: CameraCondition | undefined;
  /** Files of one release, by the camera's picture format. */
  filesPerCapture?: number | undefined;
  released: CardRelease[];
  /** What libgphoto2 refused after the pictures were safe. */
  afterwards?: number | undefined;
  error?: SessionError | undefined;
};
/** `name` is the file's in the folder. */
export type SavedFile = { name: string; card?: CardCopy | undefined };
export type SessionError =
  | { number: number }
  | { setting: string; wanted: string; is: string | null; choices: string[]; why: SettingFault }
  | { missing: number; came: string[] };
export type SettingFault = 'unknown' | 'readonly' | 'not-allowed' | 'not-taken';

export const isChoice = ({ serial, owner, model }: BodyChoice): boolean =>
  serial !== undefined || owner !== undefined || model !== undefined;

/** Is this the body that was chosen? Undefined while that cannot be told without opening it. */
export function isChosen(body: Body, { serial, owner, model }: BodyChoice): boolean | undefined {
  if (model !== undefined && plain(body.model) !== plain(model)) return false;
  if (serial !== undefined) {
    if (body.serial === undefined) return undefined;
    if (unpadded(body.serial) !== unpadded(serial)) return false;
  }
  if (owner !== undefined) {
    if (body.owner === undefined) return undefined;
    if (plain(body.owner) !== plain(owner)) return false;
  }
  return true;
}

const plain = (text: string): string => text.trim().toLowerCase();
const unpadded = (serial: string): string => plain(serial).replace(/^0+(?=.)/, '');

/** The order in which bodies are tried: the one at the last known port first. */
export function inOrder(bodies: readonly Body[], lastPort: string | undefined): Body[] {
  return [...bodies].sort((a, b) => Number(b.port === lastPort) - Number(a.port === lastPort));
}

/** The choice of this maker's camera that means this target; undefined where it has none. */
export function targetChoice(target: CaptureTarget, choices: readonly string[]): string | undefined {
  const isMemory = (choice: string) => /ram/i.test(choice) && !/card/i.test(choice);
  return choices.find((choice) =>
    target === 'memory' ? isMemory(choice) : /card/i.test(choice) && !/ram/i.test(choice),
  );
}

/** Settings that say in which format pictures are taken, by maker. */
export const FORMAT_SETTINGS = ['imageformat', 'imagequality', 'imageformatsd', 'imageformatcf'];

/** Files of one shutter release, by the text of the picture format: `RAW + Large Fine JPEG`, `NEF+Fine`, `RAW+JPEG`. */
export function filesOf(format: string): number {
  return /\b(?:[cms]?raw|nef|nrw|arw|raf|orf|rw2|dng|pef)\b[^+]*\+/i.test(format) ? 2 : 1;
}

/** May this value be given to a setting that has these choices? What has none takes anything. */
export function isAllowed(value: string, kind: string, choices: readonly string[]): boolean {
  if (kind === 'toggle' || kind === 'choice') return choices.length === 0 || choices.includes(value);
  return kind !== 'range' || Number.isFinite(Number(value));
}

/** Toggles are written as people say them. */
export function valueFor(kind: string, value: string): string {
  if (kind !== 'toggle') return value;
  if (/^(?:on|yes|true|1)$/i.test(value)) return '1';
  return /^(?:off|no|false|0)$/i.test(value) ? '0' : value;
}

/** Do both texts stand for one value? Numbers are compared as numbers, within the precision of a camera's. */
export function isSameValue(left: string | null, right: string): boolean {
  if (left === null) return false;
  if (left === right) return true;
  const [a, b] = [Number(left), Number(right)];
  return left.trim() !== '' && right.trim() !== '' && Math.abs(a - b) <= 1e-5 * Math.max(Math.abs(a), Math.abs(b));
}

/** Would a release delete the right file? Everything that is known of the copy must agree with what is there. */
export function isSameCopy(
  copy: CardCopy,
  there: Pick<CardCopy, 'serial' | 'card' | 'modifiedAt'> & { bytes: number | undefined },
): boolean {
  return (
    copy.bytes === there.bytes &&
    copy.modifiedAt === there.modifiedAt &&
    copy.card === there.card &&
    unpadded(copy.serial) === unpadded(there.serial)
  );
}
