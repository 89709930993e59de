import type { TestPicture } from '@vigie/hardware/camera/test-picture';
import type { PictureJob, PictureOutcome } from './picture-job.ts';
import type { StepConfig } from './step-config.ts';

/** What the agent and its picture process say to each other. Everything survives a structured clone. */
export type PictureOrder =
  | { do: 'process'; steps: StepConfig[]; job: PictureJob }
  | { do: 'draw'; picture: TestPicture };

/** `id` is given by the agent and comes back with the answer. An abort is no order: its order is answered all the same. */
export type ToPictureProcess = { id: number; order: PictureOrder } | { abort: number };

export type FromPictureProcess =
  /** Everything is loaded: what ends the process from here on is the doing of an order. */
  { ready: true } | { id: number; outcome: PictureOutcome | null } | { id: number; error: ToldError };

/** An error of an order: the fields of a VigieError, with the causes in its message. */
export type ToldError = { code: string; message: string; retryable: boolean; hint: string | undefined };
