/** A program that takes messages as the hub and is never done with the first: `hub-that-hangs.ts URL PROTOCOL PASSWORD`. */
import { systemClock } from '@vigie/shared/kit/clock';
import { createLog } from '@vigie/shared/kit/log';
import type { LinkOptions } from '@vigie/shared/link/link';
import { openLink } from '@vigie/shared/link/mqtt';

const [url = '', protocol, password] = process.argv.slice(2);
const link = openLink({
  url,
  clientId: 'hub',
  user: 'hub',
  password,
  protocol: protocol as LinkOptions['protocol'],
  will: { topic: 'vigie/v1/hub/status', payload: 'offline', retain: true },
  subscriptions: ['vigie/v1/+/+/event/+'],
  receive: (_topic, payload) => {
    process.stdout.write(`handles ${payload}\n`);
    return new Promise<void>(() => {});
  },
  clock: systemClock,
  random: Math.random,
  log: createLog('hub', 'info'),
});
link.onConnect(() => process.stdout.write('up\n'));
