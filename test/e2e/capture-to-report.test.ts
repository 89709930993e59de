import { createHash } from 'node:crypto';
import type { Side } from '@vigie/hub/http/schema';
import { expect, test } from 'vitest';
import { jpegPicture } from '../support/picture.ts';
import { DEVICE, filesBelow, startSite } from '../support/site.ts';
import { until } from '../support/temp.ts';
import { virtualCamera } from '../support/virtual-camera/virtual-camera.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const left: Side = { type: 'source', ...DEVICE, source: 'garden' };
const right: Side = { type: 'destination', destination: 'archive', ...DEVICE, source: 'garden' };

test.each(['embedded', 'mosquitto'] as const)(
  'camera to report over the %s broker: pictures of a PTP camera arrive byte for byte, and all match',
  { timeout: 120_000 },
  async (broker) => {
    const camera = await virtualCamera();
    const picture = await jpegPicture({ width: 640, height: 480 });
    await camera.put(picture);
    const site = await startSite({
      broker,
      environment: camera.environment,
      sources: [
        {
          name: 'garden',
          every: '2s',
          camera: { type: 'gphoto2', timeLimit: '5s' },
          watchedFolder: { interval: '200ms' },
          destinations: ['archive'],
        },
      ],
    });

    await until(
      'three pictures have arrived',
      async () => (await filesBelow(site.landing('garden'))).size >= 3,
      60_000,
    );
    for (const [path, digest] of await filesBelow(site.landing('garden'))) {
      if (path.endsWith('.part')) continue;
      expect(path).toMatch(/^\d{8}\/\d{14}\.jpg$/);
      expect(digest).toBe(sha256(picture));
    }
    expect((await camera.control.captures()).every((answer) => answer === '2001')).toBe(true);

    // A camera that is away for a while: the slots are told as failed, and the first one after it is back is taken.
    await camera.control.set('absent');
    await until('the hub knows that the camera is away', async () => {
      const failure = (await site.api.get('/devices'))[0]?.state?.sources[0]?.lastFailure;
      return failure?.code === 'camera-absent';
    });
    await camera.control.clear('absent');
    const before = (await filesBelow(site.landing('garden'))).size;
    await until('pictures arrive again', async () => (await filesBelow(site.landing('garden'))).size > before + 1);

    const command = { name: 'capture', args: { source: 'garden' } };
    const path = `/devices/${DEVICE.site}/${DEVICE.device}/commands`;
    const reply = await until('a capture on demand is taken', async () => {
      const answer = await site.api.post(path, command);
      return answer.status === 'ok' ? answer : undefined;
    });
    expect(reply.data.names).toEqual([expect.stringMatching(/^\d{14}(_\d+)?\.jpg$/)]);

    // The camera rests, everything arrives, and both ends agree.
    await site.agent.stop();
    await site.configureAgent((config) => {
      for (const source of config.sources) delete source.every;
    });
    site.startAgent();
    const report = await until(
      'both ends agree',
      async () => {
        const made = await site.api.report(left, right);
        return made.missing.count === 0 && made.source.count > 0 && made.asOf === null ? made : undefined;
      },
      60_000,
    );
    const { size } = await filesBelow(site.landing('garden'));
    expect(report).toMatchObject({
      state: 'completed',
      source: { count: size, byKind: { jpg: { count: size } } },
      destination: { count: size },
      matched: { count: size, bytes: size * picture.length },
      extra: { count: 0 },
      differing: { count: 0 },
      corrupt: { count: 0 },
      unreadable: { count: 0 },
    });

    // The dashboard's picture: made from the asset itself.
    const [day] = await site.api.get(`/devices/${DEVICE.site}/${DEVICE.device}/sources/garden/days`);
    const { pictures } = await site.api.get(
      `/devices/${DEVICE.site}/${DEVICE.device}/sources/garden/pictures?day=${day.day}`,
    );
    const preview = await site.api.request(pictures[0].previewUrl);
    expect(preview.headers.get('content-type')).toBe('image/jpeg');
    expect((await preview.arrayBuffer()).byteLength).toBeLessThanOrEqual(20 * 1024);
    const original = await site.api.request(pictures[0].originalUrl);
    expect(sha256(Buffer.from(await original.arrayBuffer()))).toBe(sha256(picture));
  },
);
