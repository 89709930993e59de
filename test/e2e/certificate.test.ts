import { appendFile, mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { certificatePage } from '@vigie/hub/http/certificate-schema';
import type { Side } from '@vigie/hub/http/schema';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import { vigieHub } from '../hub/check/run.ts';
import { jpegPicture } from '../support/picture.ts';
import { DEVICE, filesBelow, startSite } from '../support/site.ts';
import { until } from '../support/temp.ts';

const DAY = '20240229';
const SOURCE = { ...DEVICE, source: 'garden' };
const left: Side = { type: 'source', ...SOURCE };
const right: Side = { type: 'destination', destination: 'archive', ...SOURCE };
type Page = z.infer<typeof certificatePage>;
const PATH = `/devices/${DEVICE.site}/${DEVICE.device}/sources/garden/certificates`;

test('a day that a device has confirmed gets its certificate by itself, and the proof that it arrived when a report has found it', {
  timeout: 120_000,
}, async () => {
  const site = await startSite({
    sources: [{ name: 'garden', camera: { type: 'test-picture' }, destinations: ['archive'] }],
    hub: { certificates: { every: '1s', after: '0s' } },
  });
  await site.takesFiles('garden');
  await site.agent.stop();
  // Pictures of a day that is long over, as they lie there after a ledger was lost: the agent takes them into its inventory.
  const folder = join(site.watched('garden'), 'result', DAY);
  await mkdir(folder, { recursive: true });
  const picture = await jpegPicture({ width: 64, height: 48 });
  const taken = new Date('2024-02-29T05:00:00Z');
  for (const hour of ['06', '07', '08']) {
    const file = join(folder, `${DAY}${hour}0000.jpg`);
    await writeFile(file, picture);
    await utimes(file, taken, taken);
  }
  site.startAgent();

  // Until the device has told of its source, there is none.
  const newest = async () => {
    const answer = await site.api.request(PATH);
    return answer.ok ? ((await answer.json()) as Page).certificates[0] : undefined;
  };
  const first = await until(
    'there is a certificate of three',
    async () => {
      const found = await newest();
      return found?.leaves.count === 3 && found;
    },
    60_000,
  );
  expect(first).toMatchObject({ day: DAY, whole: false });
  await until('they have arrived', async () => (await filesBelow(site.landing('garden'))).size === 3, 60_000);
  await site.api.report(left, right);
  const proved = await until('a further one says so', async () => {
    const found = await newest();
    return found?.whole && found;
  });
  expect(proved.number).toBeGreaterThan(first.number);
  const [archive] = proved.destinations;
  expect(archive).toMatchObject({ name: 'archive', proved: { count: 3, bytes: 3 * picture.length } });
  // That one, or the hub's own after the agent was away.
  const judge = await site.api.get(`/reports/${archive?.report?.id}`);
  expect(judge).toMatchObject({ state: 'completed', matched: { count: 3 }, missing: { count: 0 } });

  const answer = await site.api.request(`${PATH}/${DAY}`);
  expect(answer.headers.get('content-disposition')).toContain(`garden-${DAY}.${proved.number}.ndjson`);
  const file = join(site.folder, 'served.ndjson');
  await writeFile(file, Buffer.from(await answer.arrayBuffer()));
  expect((await site.api.request(`${PATH}/${DAY}?number=9`)).status).toBe(404);
  expect((await site.api.request(`${PATH}/yesterday`)).status).toBe(422);
  expect((await site.api.request(PATH.replace('garden', 'none'))).status).toBe(404);
  // Beside the running hub: the same claims, by the same key.
  const config = join(site.folder, 'hub.yaml');
  const made = await vigieHub(['certificate', '--config', config, `${DEVICE.site}/${DEVICE.device}/garden`, DAY]);
  expect(made.stdout.split('\n').slice(1, -2)).toEqual((await readFile(file, 'utf8')).split('\n').slice(1, -2));

  const key = join(site.folder, 'hub/certificate-key.pub.pem');
  const check = () => vigieHub(['verify', file, '--key', key, '--against', site.landing('garden'), '--digest']);
  expect(await check()).toMatchObject({ code: 0, stdout: expect.stringContaining('3 assets are as certified') });
  await appendFile(join(site.landing('garden'), DAY, `${DAY}060000.jpg`), 'x');
  expect(await check()).toMatchObject({ code: 1, stdout: expect.stringContaining(`altered  ${DAY}/${DAY}060000.jpg`) });
});
