import { type Entry, type Kind, kindOf } from '@vigie/shared/protocol/asset';

/** Which assets a report is about. Days are `YYYYMMDD`, both included; all that is absent lets everything through. */
export type ReportFilter = {
  fromDay?: string | undefined;
  toDay?: string | undefined;
  kinds?: readonly Kind[] | undefined;
  pathPrefix?: string | undefined;
  /** `fromDay` was this many days ago when the report was made, today counted, and moves on from one report to the next. */
  lastDays?: number | undefined;
};

/** A filter as reports store it: what lets the same through is the same text. */
export function storedFilter({ fromDay, toDay, kinds, pathPrefix, lastDays }: ReportFilter): string {
  return JSON.stringify({
    fromDay,
    toDay,
    kinds: kinds?.length ? [...kinds].sort() : undefined,
    pathPrefix: pathPrefix || undefined,
    lastDays,
  });
}

/** Is there anything that it does not let through? */
export const isNarrowed = ({ fromDay, toDay, kinds, pathPrefix }: ReportFilter): boolean =>
  fromDay !== undefined || toDay !== undefined || (kinds?.length ?? 0) > 0 || (pathPrefix ?? '') !== '';

/** Decides for one entry. A filter by day lets through only what lies below a day folder, at whatever depth. */
export function reportFilter(filter: ReportFilter): (entry: Pick<Entry, 'path'>) => boolean {
  const { fromDay, toDay, kinds, pathPrefix } = filter;
  const byDay = fromDay !== undefined || toDay !== undefined;
  const byKind = kinds !== undefined && kinds.length > 0;
  return ({ path }) => {
    if (pathPrefix !== undefined && !path.startsWith(pathPrefix)) return false;
    if (byKind && !kinds.includes(kindOf(path))) return false;
    if (!byDay) return true;
    const day = dayFolder.exec(path)?.[1];
    return day !== undefined && isWithin(day, filter);
  };
}

/** Can this folder at the top hold assets that the filter lets through? Folders that cannot need not be listed. */
export function mayHold(folder: string, filter: ReportFilter): boolean {
  return !/^\d{8}$/.test(folder) || isWithin(folder, filter);
}

const dayFolder = /(?:^|\/)(\d{8})\//;

function isWithin(day: string, { fromDay = '', toDay = '99999999' }: ReportFilter): boolean {
  return day >= fromDay && day <= toDay;
}
