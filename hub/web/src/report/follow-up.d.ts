import type { Job, Report, Side } from '../api/documents.ts';
export declare const isFinal: (state: Job['state']) => boolean;
/** The report that the hub made when this report's re-syncs had ended: the first of the same sides since then. */
export declare function followUpOf(report: Report, reports: Report[]): Report | undefined;
export declare function sameSide(a: Side, b: Side): boolean;
