import type { Report } from '../api/documents.ts';
export type Tone = 'good' | 'warn' | 'bad' | 'calm';
/** What a report says, in one line and one sentence. */
export type Outcome = {
  tone: Tone;
  title: string;
  detail: string;
};
export declare const isOver: (report: Pick<Report, 'state'>) => boolean;
/** Assets of the source that are not soundly at the destination. Extras are no loss and are not among them. */
export declare const attentionOf: (r: Pick<Report, 'missing' | 'differing' | 'corrupt' | 'unreadable'>) => number;
/** Everything in the list of unmatched entries. */
export declare const unmatchedOf: (
  r: Pick<Report, 'missing' | 'extra' | 'differing' | 'corrupt' | 'unreadable'>,
) => number;
/** Only a completed report may say "in sync", and never of two empty sides. */
export declare function outcomeOf(report: Report): Outcome;
