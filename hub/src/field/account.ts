import { VigieError } from '@vigie/shared/kit/errors';
import { identifier } from '@vigie/shared/protocol/asset';

/** Under which names a device is known to the servers of the field. */

/** Accounts on the landing server begin so: no device's name can be that of an account which the system has for itself. */
const ACCOUNT_PREFIX = 'vigie-';
/** Linux takes 32 characters for an account. */
const ACCOUNT_CHARACTERS_MAX = 32;
export const DEVICE_CHARACTERS_MAX = ACCOUNT_CHARACTERS_MAX - ACCOUNT_PREFIX.length;

/**
 * `vigie/v1/+/command/status` would be a command to the hub, and `vigie-hub` and `vigie-agent` are the users that the programs run as.
 */
const RESERVED = ['hub', 'agent', 'command', 'reply'];

/** What speaks against a device of this name in the field, or undefined. */
export function deviceNameFault(device: string): string | undefined {
  if (!identifier.safeParse(device).success) return 'a name of a-z, 0-9 and - is allowed';
  if (RESERVED.includes(device)) return `${RESERVED.join(', ')} stand for something else; any other name is allowed`;
  if (device.length <= DEVICE_CHARACTERS_MAX) return undefined;
  return `it has ${device.length} characters; a server's account takes ${DEVICE_CHARACTERS_MAX} of them`;
}

/** Throws `config` where a device of this name can have no place on broker and landing server. */
export function checkDeviceName(device: string): void {
  const fault = deviceNameFault(device);
  if (fault !== undefined) throw new VigieError('config', `admit the device ${JSON.stringify(device)}: ${fault}`);
}

/** The account of a device on the landing server, its folder's name there, and the name of its keys' file. */
export const accountOf = (device: string): string => `${ACCOUNT_PREFIX}${device}`;
