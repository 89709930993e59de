import { VigieError } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import type { WatchedFolderConfig } from './folder-config.ts';
import { listFault, listWarning, matcherOf } from './glob.ts';
import { placeFault, placeWarning } from './place-pattern.ts';
import { CAMERA_FILES } from './profiles.ts';
import type { SelectSettings } from './select.ts';

/** The rules of selection that settings stand for. A pattern that cannot be used is refused with `config`. */
export function settingsOf(settings: WatchedFolderConfig, log: Log): SelectSettings {
  for (const key of ['include', 'exclude', 'files'] as const) {
    const fault = listFault(settings[key]);
    if (fault !== undefined) throw new VigieError('config', `watched folder: "${key}": ${fault}`);
    const warning = listWarning(settings[key]);
    if (warning !== undefined) log.warn({ setting: key }, warning);
  }
  for (const key of ['result', 'resultRaw', 'preserve', 'failure'] as const) {
    const fault = placeFault(settings[key] ?? '', { absolute: key === 'result' || key === 'preserve' });
    if (fault !== undefined) throw new VigieError('config', `watched folder: "${key}": ${fault}`);
    const warning = placeWarning(settings[key] ?? '');
    if (warning !== undefined) log.warn({ setting: key }, warning);
  }
  return {
    include: matcherOf(settings.include, { anyCase: settings.include === CAMERA_FILES }),
    exclude: matcherOf(settings.exclude, { anyCase: settings.include === CAMERA_FILES }),
    ignore: settings.ignore,
    folders: settings.folders,
    waitTimeMs: settings.waitTime,
    stableMs: settings.settleTime,
    batchSize: settings.batchSize,
    throttling: settings.throttling,
  };
}
