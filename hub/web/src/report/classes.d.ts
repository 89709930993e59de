import type { Report, UnmatchedClass } from '../api/documents.ts';
import type { Tone } from './outcome.ts';
/** The rows of a report's table, in the order of Webcampak's report, the later classes after them. */
export type RowName = 'source' | 'destination' | 'matched' | UnmatchedClass;
export type Row = {
  name: RowName;
  label: string;
  explanation: string;
  tone: Tone | undefined;
};
export declare const ROWS: readonly Row[];
export declare const CLASS_LABELS: Record<UnmatchedClass, string>;
export declare const CLASS_TONES: Record<UnmatchedClass, Tone>;
/** Shares of all assets that either side holds, for the bar above the table; empty classes are left out. */
export declare function sharesOf(report: Report): {
  name: 'matched' | UnmatchedClass;
  count: number;
  share: number;
}[];
