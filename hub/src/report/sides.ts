import { VigieError } from '@vigie/shared/kit/errors';
import { type DestinationConfig, folderOf } from '@vigie/shared/remote/destination-config';
import type { Side } from '../http/schema.ts';

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

/** Where a destination's folder really is: what is kept of it holds no longer once it is configured to be elsewhere. */
export function placeOf(config: DestinationConfig, folder: string): string {
  const root =
    config.type === 'sftp' ? `sftp://${config.user}@${config.host}:${config.port}/${config.root}` : config.root;
  return `${root}//${folder}`;
}

/** A side in words, for activity and errors. */
export function sideText(side: Side): string {
  if (side.type === 'source') return `${side.device}/${side.source}`;
  if (side.type === 'destination') return `${side.destination} (${side.device}/${side.source})`;
  return side.path;
}
