import type { AccountsFile } from '../broker/accounts.ts';
import type { Broker } from '../broker/embedded.ts';
import type { Door } from '../identity/door.ts';

/**
 * The embedded broker as a way in, for a hub on one machine: devices come in by a password, which `vigie-hub device add` made and enrolment
 * does not. So there is nothing to admit; a device that is shut out has lost its account.
 */
export function createEmbeddedDoor(options: {
  accounts: Pick<AccountsFile, 'find' | 'remove'>;
  broker: Pick<Broker, 'clients' | 'kick'>;
}): Door {
  const { accounts, broker } = options;
  return {
    name: 'broker',
    admit: () => Promise.resolve(),
    async shut(device) {
      await accounts.remove(device);
      broker.kick(device);
    },
    async isShut(device) {
      return (await accounts.find(device)) === undefined && !broker.clients().includes(device);
    },
  };
}
