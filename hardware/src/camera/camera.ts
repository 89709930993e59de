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
   * Files are complete and closed on return, not yet flushed. Errors are VigieErrors: `camera-absent`, `camera-busy`,
   * `camera-timeout`, `camera-refused`, `camera-crashed` (all retryable), each with a hint.
   */
  capture(request: CaptureRequest, signal?: AbortSignal): Promise<CapturedFile[]>;
}

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
export type CapturedFile = { path: string; extension: string };
