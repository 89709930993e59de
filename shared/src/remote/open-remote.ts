import type { DestinationConfig } from './destination-config.ts';
import type { RemoteFolder } from './remote-folder.ts';

/** A destination's folder by its configuration; `folder` lies below `config.root`, ``, `.`: the root itself. Nothing is connected yet. */
export type OpenRemote = (config: DestinationConfig, folder: string, options: RemoteOptions) => RemoteFolder;
export type RemoteOptions = { stallMs: number };
