import type { NewReport, Side } from '../api/documents.ts';
import { dayOfDate } from '../format/days.ts';

/** What the "New report" dialog holds while it is filled in. */
export type SideDraft = { type: Side['type']; source: string | null; destination: string | null; path: string };
export type ReportDraft = {
  left: SideDraft;
  right: SideDraft;
  range: [string | null, string | null];
  kinds: string[];
  pathPrefix: string;
  /** Read the destination back, where a source is compared with one. */
  byDigest: boolean;
  /** List every folder of the destination again. */
  full: boolean;
};

export const newDraft = (source: string | null, destination: string | null): ReportDraft => ({
  left: { type: 'source', source, destination, path: '' },
  right: { type: 'destination', source: null, destination, path: '' },
  range: [null, null],
  kinds: [],
  pathPrefix: '',
  byDigest: false,
  full: false,
});

/** Only what a source holds has a digest to compare with. */
export const canProve = ({ left, right }: Pick<ReportDraft, 'left' | 'right'>): boolean =>
  left.type === 'source' && right.type === 'destination';

/** `site/device/source` as the select fields carry it; identifiers hold no slash. */
export const sourceKey = (a: { site: string; device: string; source: string }): string =>
  `${a.site}/${a.device}/${a.source}`;

/** The side that a draft means, or what is still missing. A destination's folder is the other side's source unless named. */
export function sideOf(draft: SideDraft, otherSource: string | null): Side | string {
  if (draft.type === 'directory')
    return draft.path.trim() === '' ? 'Name a folder.' : { type: 'directory', path: draft.path.trim() };
  const key = draft.source ?? (draft.type === 'destination' ? otherSource : null);
  const [site, device, source] = (key ?? '').split('/');
  if (draft.type === 'destination' && !draft.destination) return 'Choose a destination.';
  if (!site || !device || !source)
    return draft.type === 'destination' ? 'Choose the source whose folder is meant.' : 'Choose a source.';
  return draft.type === 'source'
    ? { type: 'source', site, device, source }
    : { type: 'destination', destination: draft.destination as string, site, device, source };
}

/** The request that a draft means, or its errors by field. */
export function requestOf(draft: ReportDraft): NewReport | { left?: string; right?: string } {
  const left = sideOf(draft.left, draft.right.source);
  const right = sideOf(draft.right, draft.left.type === 'directory' ? null : draft.left.source);
  if (typeof left === 'string' || typeof right === 'string')
    return { ...(typeof left === 'string' ? { left } : {}), ...(typeof right === 'string' ? { right } : {}) };
  if (JSON.stringify(left) === JSON.stringify(right)) return { right: 'Both sides are the same; choose another.' };
  const [from, to] = draft.range;
  return {
    left,
    right,
    ...(draft.byDigest && canProve(draft) ? { proof: 'digest' } : {}),
    ...(draft.full && draft.right.type === 'destination' ? { full: true } : {}),
    filter: {
      ...(from ? { fromDay: dayOfDate(from) } : {}),
      ...(to ? { toDay: dayOfDate(to) } : {}),
      ...(draft.kinds.length > 0 ? { kinds: draft.kinds as NonNullable<NewReport['filter']['kinds']> } : {}),
      ...(draft.pathPrefix !== '' ? { pathPrefix: draft.pathPrefix } : {}),
    },
  };
}
