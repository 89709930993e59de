/** The picture process with a temper: some names of files make it crash, hang or take its time; the rest is its own doing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { pictureMain } from '@vigie/agent/process/picture-child';
import type { ToPictureProcess } from '@vigie/agent/process/picture-orders';

const SLOW_MS = 300;

pictureMain();
const [carryOut] = process.listeners('message') as [(message: ToPictureProcess) => void];
process.removeAllListeners('message');
process.on('message', (message: ToPictureProcess) => {
  const name = 'order' in message && message.order.do === 'process' ? message.order.job.name : '';
  if (name.startsWith('crash')) process.abort();
  if (name.startsWith('hang')) return;
  if (name.startsWith('slow')) void sleep(SLOW_MS).then(() => carryOut(message));
  else carryOut(message);
});
