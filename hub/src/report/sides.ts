import { VigieError } from '@vigie/shared/kit/errors';
import { bucketOf, type Entry, kindOf } from '@vigie/shared/protocol/asset';
import { type DestinationConfig, folderOf } from '@vigie/shared/remote/destination-config';
import type { z } from 'zod';
import type { reportFilter, Side } from '../http/schema.ts';

export type Filter = z.infer<typeof reportFilter>;

/** Does a report with this filter look at this entry? */
export function passes(entry: Entry, filter: Filter): boolean {
  const { fromDay, toDay, kinds, pathPrefix } = filter;
  if (pathPrefix !== undefined && !entry.path.startsWith(pathPrefix)) return false;
  if (kinds !== undefined && !kinds.includes(kindOf(entry.path))) return false;
  if (fromDay === undefined && toDay === undefined) return true;
  const day = bucketOf(entry.path.startsWith('failure/') ? entry.path.slice('failure/'.length) : entry.path);
  return (fromDay === undefined || day >= fromDay) && (toDay === undefined || day <= toDay);
}

/** Does a filter rule out a whole day folder, so that it need not be listed? */
export function skipsDay(day: string, { fromDay, toDay, pathPrefix }: Filter): boolean {
  if (fromDay !== undefined && day < fromDay) return true;
  if (toDay !== undefined && day > toDay) return true;
  if (pathPrefix === undefined) return false;
  return !(`${day}/`.startsWith(pathPrefix) || pathPrefix.startsWith(`${day}/`));
}

/** The folder, below its root, of a destination that a side names, with the destination's configuration. */
export function destinationFolder(
  side: Extract<Side, { type: 'destination' }>,
  destinations: readonly DestinationConfig[],
): { config: DestinationConfig; folder: string } {
  const config = destinations.find((d) => d.name === side.destination);
  if (!config) {
    const names = destinations.map((d) => d.name).join(', ') || 'none';
    throw new VigieError(
      'not-found',
      `destination "${side.destination}": the hub knows none of this name, but ${names}`,
    );
  }
  return { config, folder: folderOf(config.folder, side) };
}

/** A side in words, for activity and errors. */
export function sideText(side: Side): string {
  if (side.type === 'source') return `${side.device}/${side.source}`;
  if (side.type === 'destination') return `${side.destination} (${side.device}/${side.source})`;
  return side.path;
}
