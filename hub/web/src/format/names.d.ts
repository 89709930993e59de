import type { ReportFilter, Side } from '../api/documents.ts';
/** A name that can be looked at: control and direction characters and lone bytes become visible. */
export declare function shownName(name: string): string;
export declare const sourceText: (address: { site: string; device: string; source: string }) => string;
/** A side in one line: its heading, and where that is. */
export declare function sideText(side: Side): {
  title: string;
  detail: string;
};
/** What a filter lets through, or nothing when it lets everything through. */
export declare function filterText({ fromDay, toDay, kinds, pathPrefix }: ReportFilter): string | undefined;
/** `host-key-refused` → `Host key refused`; a sentence stays as it is, but for its first letter and its instants. */
export declare function causeText(cause: string): string;
