import type { DestinationFilter } from '@vigie/shared/protocol/destination-filter';
import type { DeviceState, SourceState } from '@vigie/shared/protocol/messages';

/** For each destination whose filter is another than the device told before, what that means, in words. */
export function filterChanges(before: DeviceState | null, now: DeviceState): string[] {
  return now.sources.flatMap((source) => {
    const known = before?.sources.find(({ name }) => name === source.name);
    if (!known) return [];
    return source.destinations.flatMap(({ name, filter }) => {
      const was = filterAt(known, name);
      if (was === undefined || JSON.stringify(was.filter) === JSON.stringify(filter)) return [];
      return `${name} takes ${text(filter)} of ${source.name} from now on: what it leaves out is not owed there any more, what it lets in of earlier pictures waits for a re-sync`;
    });
  });
}

const filterAt = ({ destinations }: SourceState, name: string) => destinations.find((d) => d.name === name);

const text = (filter: DestinationFilter | undefined): string =>
  filter
    ? `only ${[filter.kinds?.join(', '), filter.paths?.join(' ')].filter((part) => part).join(' · ')}`
    : 'everything';
