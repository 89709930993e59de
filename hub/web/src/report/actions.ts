import type { UnmatchedEntry } from '../api/documents.ts';
import type { Tone } from './outcome.ts';

/** Mended by a press of a button, by itself, by a person, or nothing to mend. */
export const ACTION_TONES: Record<UnmatchedEntry['action'], Tone | undefined> = {
  resync: 'good',
  'resync-replace': 'good',
  wait: 'calm',
  resume: 'calm',
  rerun: 'calm',
  'mend-destination': 'warn',
  'look-at-source': 'warn',
  'look-at-destination': 'warn',
  'copy-from-elsewhere': 'warn',
  'copy-by-hand': 'warn',
  'none-needed': undefined,
};
