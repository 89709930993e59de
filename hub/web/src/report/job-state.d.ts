import type { Job } from '../api/documents.ts';
import type { Tone } from './outcome.ts';
/** What a job does, or what it was told to do and has not answered yet. */
export declare function jobStateText({ state, want }: Pick<Job, 'state' | 'want'>): string;
export declare function jobTone({ state }: Pick<Job, 'state'>): Tone;
