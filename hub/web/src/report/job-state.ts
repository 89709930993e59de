import type { Job } from '../api/documents.ts';
import { isFinal } from './follow-up.ts';
import type { Tone } from './outcome.ts';

const STATES: Record<Job['state'], string> = {
  QUEUED: 'Queued',
  RUNNING: 'Running',
  PAUSED: 'Paused',
  SUCCEEDED: 'Done',
  FAILED: 'Failed',
  TIMED_OUT: 'Timed out',
  REJECTED: 'Refused by the device',
  CANCELLED: 'Cancelled',
};

/** What a job does, or what it was told to do and has not answered yet. */
export function jobStateText({ state, want }: Pick<Job, 'state' | 'want'>): string {
  if (isFinal(state)) return STATES[state];
  if (want === 'cancel') return 'Cancelling';
  if (want === 'pause' && state !== 'PAUSED') return 'Pausing';
  if (want === 'run' && state === 'PAUSED') return 'Resuming';
  return STATES[state];
}

export function jobTone({ state }: Pick<Job, 'state'>): Tone {
  if (state === 'SUCCEEDED') return 'good';
  if (state === 'FAILED' || state === 'TIMED_OUT' || state === 'REJECTED') return 'bad';
  return state === 'PAUSED' || state === 'CANCELLED' ? 'warn' : 'calm';
}
