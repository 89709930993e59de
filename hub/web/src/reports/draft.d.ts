import type { NewReport, Side } from '../api/documents.ts';
/** What the "New report" dialog holds while it is filled in. */
export type SideDraft = {
  type: Side['type'];
  source: string | null;
  destination: string | null;
  path: string;
};
export type ReportDraft = {
  left: SideDraft;
  right: SideDraft;
  range: [string | null, string | null];
  kinds: string[];
  pathPrefix: string;
};
export declare const newDraft: (source: string | null, destination: string | null) => ReportDraft;
/** `site/device/source` as the select fields carry it; identifiers hold no slash. */
export declare const sourceKey: (a: { site: string; device: string; source: string }) => string;
/** The side that a draft means, or what is still missing. A destination's folder is the other side's source unless named. */
export declare function sideOf(draft: SideDraft, otherSource: string | null): Side | string;
/** The request that a draft means, or its errors by field. */
export declare function requestOf(draft: ReportDraft):
  | NewReport
  | {
      left?: string;
      right?: string;
    };
