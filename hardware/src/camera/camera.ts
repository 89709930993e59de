/**
 * A camera, behind one port. An adapter is named by its technology (`gphoto2.ts`, `test-picture.ts`).
 *
 * One capture at a time: a second call while one runs is refused with `camera-busy`. A capture that has not ended after `timeLimitMs` is
 * killed; the next one starts from nothing.
 */
export interface Camera extends AsyncDisposable {
  /** For people and logs: make and model, or the driver's name. */
  readonly description: string;

  /**
   * Takes one picture into `folder`, which exists, is empty and belongs to this capture alone.
   *
   * Files are complete and closed on return, not yet flushed. All files of one shutter release (RAW and JPEG) belong to one
   * capture. Errors are VigieErrors: `camera-absent`, `camera-busy`, `camera-timeout`, `camera-refused`, `camera-crashed`,
   * `camera-incomplete` (a file of the release is missing), `card-full` (its card has no room), all retryable;
   * `camera-setting` (a setting is unknown, or its value is not taken), which is not. Each has a hint. After an error, what had
   * come by then lies in the folder, perhaps torn.
   */
  capture(request: CaptureRequest, signal?: AbortSignal): Promise<CapturedFile[]>;

  /** Only where pictures come by themselves (`folder`): a source without a schedule takes them as they come. */
  readonly drops?: Drops;

  /** What the camera last told of itself; undefined before, and where a camera tells nothing. Costs nothing to ask. */
  condition?(): CameraCondition | undefined;

  /**
   * Deletes copies on the camera's card that are proved elsewhere, in one session while no capture runs. A copy is deleted
   * only where body, card, folder, name, size and time are those that were noted at its capture. Errors are those of a capture;
   * `camera-busy` while one runs. One outcome a copy, in the same order.
   */
  release?(copies: readonly CardCopy[], signal?: AbortSignal): Promise<CardRelease[]>;

  /** Does a capture wait for room on the card at this moment? Then is the time for a release. */
  awaitsRoom?(): boolean;
}

export type Drops = {
  /** How often a source without a schedule asks. */
  lookEveryMs: number;
  /** Would a capture give pictures now? It changes nothing for captures; its errors are theirs. */
  waiting(): Promise<boolean>;
};

export type CaptureRequest = {
  folder: string;
  /** ms since 1970. */
  at: number;
  /** IANA zone of the source. */
  zone: string;
  source: string;
  /** Grows with every capture of the source. */
  sequence: number;
};

/** `path` is absolute, inside the request's folder; `extension` is without dot, lower case. */
export type CapturedFile = {
  path: string;
  extension: string;
  /**
   * When it was taken, ms since 1970, where that is not the request's `at`: a camera was tried again until it gave a picture, or
   * something else had taken it before (`folder`).
   */
  takenAt?: number | undefined;
  /** Where the camera's card holds the same bytes; absent where it holds none, or nobody is to delete them. */
  card?: CardCopy | undefined;
};

/** A captured file on a camera's card, with everything by which it is known again. */
export type CardCopy = {
  /** The body's serial number. */
  serial: string;
  /** The card, as far as a camera tells cards apart: label and capacity. */
  card: string;
  folder: string;
  name: string;
  bytes: number;
  /** ms since 1970, by the camera's clock and as it tells it. */
  modifiedAt: number;
  /** 64 hexadecimal digits. */
  sha256: string;
};

/** `absent`: it is not there any more. `other`: another body, card or file is there. `refused`: the camera did not delete it. */
export type CardRelease = 'deleted' | 'absent' | 'other' | 'refused';

/** What a camera tells of itself; what it does not tell is absent. */
export type CameraCondition = {
  /** When it was read, ms since 1970. */
  at: number;
  model: string;
  serial?: string | undefined;
  lens?: string | undefined;
  /** 0 to 100. */
  batteryPercent?: number | undefined;
  /** Shutter releases in the body's life. */
  shutterCount?: number | undefined;
  cardFreeBytes?: number | undefined;
  cardTotalBytes?: number | undefined;
};
