import type { DestinationConfig } from './destination-config.ts';
import type { RemoteFolder } from './remote-folder.ts';

/** A destination's folder by its configuration. */
export type OpenRemote = (config: DestinationConfig, folder: string, options: RemoteOptions) => RemoteFolder;
export type RemoteOptions = { stallMs: number };
