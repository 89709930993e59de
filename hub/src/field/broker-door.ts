import { chmod, stat } from 'node:fs/promises';
import type { Clock } from '@vigie/shared/kit/clock';
import { replaceFile } from '@vigie/shared/kit/durable';
import { isSystemError, VigieError } from '@vigie/shared/kit/errors';
import type { Door } from '../identity/door.ts';
import { checkDeviceName } from './account.ts';
import type { BrokerAnswer, BrokerCommand, BrokerControl } from './broker-control.ts';
import {
  deviceRole,
  deviceRoleName,
  hubRole,
  operatorRole,
  type Role,
  type Rule,
  sameRules,
  strangers,
} from './broker-rules.ts';
import type { Requests } from './requests.ts';

export type BrokerDoor = Door & {
  /**
   * Lets in these devices and nobody else: what the broker remembers may be from before the last revocation. They are asked for anew at
   * each step, so that one that is shut out meanwhile stays out.
   */
  hold(devices: () => readonly string[]): Promise<void>;
};

/** A certificate that counts no more: its serial number in hexadecimal, and since when, in ms since 1970. */
export type Revoked = { serial: string; at: number };

/**
 * Mosquitto as a way in. Two locks: the rules of its dynamic-security plugin, which the hub changes over MQTT and which hold at once; and
 * the list of revoked certificates, which keeps the old one of a replaced device out. Neither is enough alone: a certificate without rules
 * may still connect, and a list that is read anew ends no session.
 */
export function createBrokerDoor(options: {
  control: Pick<BrokerControl, 'run'>;
  requests: Requests;
  /** Where Mosquitto reads the list of revoked certificates. */
  revokedFile: string;
  /** Every certificate that counts no more, as of now: those that have expired by themselves need not be among them. */
  revoked: () => readonly Revoked[];
  /** Makes the list of them, as PEM. */
  sign: (revoked: Revoked[]) => Promise<string>;
  clock: Clock;
}): BrokerDoor {
  const { control, requests, revokedFile, revoked, sign, clock } = options;
  /** What the broker has read of this process. */
  let published: string | undefined;
  let listing: Promise<void> = Promise.resolve();

  /** OpenSSL takes the newer of two lists by their seconds, so that no second may have two. */
  async function publishList(): Promise<void> {
    const list = [...revoked()];
    const mark = list.map(({ serial }) => serial).join(' ');
    if (mark === published) return;
    const last = Math.floor((await changedAt(revokedFile)) / 1000);
    if (clock.now() < last * 1000) {
      throw new VigieError(
        'clock',
        `publish the list "${revokedFile}": it is from later than now, by this machine's clock`,
        {
          retryable: true,
          hint: `The broker would go by the older list. Once the clock is right: touch ${revokedFile} && systemctl restart mosquitto`,
        },
      );
    }
    while (Math.floor(clock.now() / 1000) === last) await clock.sleep(1000 - (clock.now() % 1000));
    await replaceFile(revokedFile, Buffer.from(await sign(list)), 0o640);
    // The hub's own umask takes the broker's right away.
    await chmod(revokedFile, 0o640);
    await requests.ask('broker');
    published = mark;
  }
  const list = (): Promise<void> => {
    // One after the other, whether the one before went well or not.
    listing = listing.then(publishList, publishList);
    return listing;
  };

  async function run(commands: BrokerCommand[], ...expected: string[]): Promise<BrokerAnswer[]> {
    const answers = await control.run(commands);
    const failed = answers.find(({ error }) => error !== undefined && !expected.includes(error));
    if (failed || answers.length !== commands.length) {
      throw new VigieError(
        'refused',
        `order "${failed?.command}" of the broker: ${failed?.error ?? 'it did not answer'}`,
        {
          retryable: true,
          hint: 'Has the user of the hub the role that vigie-hub broker-config gave it?',
        },
      );
    }
    return answers;
  }

  const isKnown = async (device: string): Promise<boolean> => {
    const [client] = await run([{ command: 'getClient', username: device }], NO_CLIENT);
    return client?.error === undefined;
  };

  /** Its clients are ended by their removal alone, so that one that came back in between needs a client to be removed. */
  async function remove(device: string): Promise<void> {
    await run([{ command: 'deleteClient', username: device }], NO_CLIENT);
    await run([{ command: 'deleteRole', rolename: deviceRoleName(device) }], NO_ROLE);
  }

  /** A role that is changed throws out whoever has it: one that is as it should be is left alone. */
  async function ensure(role: Role): Promise<void> {
    const [found] = await run([{ command: 'getRole', rolename: role.rolename }], NO_ROLE);
    const acls = (found?.data as { role?: { acls?: Rule[] } } | undefined)?.role?.acls;
    if (acls === undefined) await run([{ command: 'createRole', ...role }]);
    else if (!sameRules(role, acls)) await run([{ command: 'modifyRole', ...role }]);
  }

  async function admit(device: string): Promise<void> {
    const role = deviceRole(device);
    await ensure(role);
    if (await isKnown(device)) return;
    await run([{ command: 'createClient', username: device, roles: [{ rolename: role.rolename }] }]);
  }

  return {
    name: 'broker',
    async admit({ device }) {
      checkDeviceName(device);
      // First the list: what the device had before has the same name, and would have the same rights.
      await list();
      await admit(device);
    },
    async shut(device) {
      await remove(device);
      await list();
      await run([{ command: 'createClient', username: device }], 'Client already exists');
      await remove(device);
    },
    async isShut(device) {
      return !(await isKnown(device)) && !(await requests.pending('broker'));
    },
    async hold(devices) {
      await list();
      const [answer] = await run([{ command: 'listClients', verbose: false, count: -1, offset: 0 }]);
      const { clients = [] } = (answer?.data ?? {}) as { clients?: string[] };
      for (const stranger of strangers(clients, devices())) await remove(stranger);
      for (const device of devices()) {
        if (devices().includes(device)) await admit(device);
        if (!devices().includes(device)) await remove(device);
      }
      // What a newer hub needs besides. Its own comes last: the broker drops the hub when it changes.
      for (const role of [operatorRole, hubRole]) await ensure(role);
    },
  };
}

/** The plugin's own words. */
const NO_CLIENT = 'Client not found';
const NO_ROLE = 'Role not found';

async function changedAt(file: string): Promise<number> {
  try {
    return (await stat(file)).mtimeMs;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return 0;
    throw error;
  }
}
