import type { DestinationConfig } from '@vigie/shared/remote/destination-config';
import type { HubServices } from '../http/services.ts';

/** Where pictures are delivered, as people read it. */
export const destinationList = (destinations: readonly DestinationConfig[]): ReturnType<HubServices['destinations']> =>
  destinations.map((d) => ({
    name: d.name,
    type: d.type,
    address: d.type === 'sftp' ? `sftp://${d.user}@${d.host}:${d.port}/${d.root}` : d.root,
  }));
