import { openDirectory } from './directory.ts';
import type { OpenRemote } from './open-remote.ts';
import { openSftp } from './sftp.ts';

/** Opens a destination's folder by its configuration. */
export const openRemote: OpenRemote = (config, folder, options) =>
  config.type === 'sftp' ? openSftp(config, folder, options) : openDirectory(config, folder, options);
