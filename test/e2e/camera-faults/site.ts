import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openDatabase } from '@vigie/shared/kit/sqlite';
import { onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { jpegPicture } from '../../support/picture.ts';
import { type Program, startProgram } from '../../support/program.ts';
import { filesBelow } from '../../support/site.ts';
import { tempFolder, until } from '../../support/temp.ts';
import { type VirtualCamera, virtualCamera } from '../../support/virtual-camera/virtual-camera.ts';
import type { FaultScript } from './scripts.ts';

/** The agent as people start it, with a PTP camera; without a hub, so that it stands alone as it does in an outage. */
export type FaultySite = {
  slotMs: number;
  camera: VirtualCamera;
  readonly agent: Program;
  /** As whoever watches over the agent does when it has ended. */
  startAgain(): void;
  /** The picture that the camera gives when it is well. */
  picture: Buffer;
  /** Good pictures in the watched folder's result. */
  good(): Promise<number>;
  /** Codes of failed captures and `unreadable`, in order. */
  failures(): string[];
  /** `rung outcome` of each event of the ladder, in order. */
  rungs(): string[];
};

/** @param slotMs how far slots are apart at most: so long it may take until the agent does anything */
export async function faultySite(source: Record<string, unknown>, slotMs: number): Promise<FaultySite> {
  const folder = await tempFolder();
  const camera = await virtualCamera(join(folder, 'camera'));
  const picture = Buffer.from(await jpegPicture({ width: 640, height: 480 }));
  await camera.put(picture);
  const config = join(folder, 'agent.yaml');
  const { camera: cameraYaml, ...rest } = source;
  const garden = {
    name: 'garden',
    camera: { type: 'gphoto2', ...(cameraYaml as object) },
    watchedFolder: { interval: '200ms', waitTime: '100ms' },
    ...rest,
  };
  await writeFile(config, stringify({ device: 'cam-1', dataFolder: 'data', log: 'info', sources: [garden] }));
  const start = () => {
    const agent = startProgram('agent', ['run', '--config', config], join(folder, 'agent.log'), camera.environment);
    onTestFinished(() => agent.kill());
    return agent;
  };
  let agent = start();
  const digest = createHash('sha256').update(picture).digest('hex');
  const events = () => {
    const database = openDatabase(join(folder, 'data/ledger.sqlite'));
    try {
      return (database.prepare('select payload from outbox order by seq').pluck().all() as string[]).map(
        (payload) =>
          JSON.parse(payload) as {
            type: string;
            code?: string;
            rung?: string;
            outcome?: string;
            entry?: { unreadable?: string };
          },
      );
    } finally {
      database.close();
    }
  };
  const site: FaultySite = {
    slotMs,
    camera,
    get agent() {
      return agent;
    },
    startAgain() {
      agent = start();
    },
    picture,
    async good() {
      const files = await filesBelow(join(folder, 'data/sources/garden/result'));
      return [...files.values()].filter((sha256) => sha256 === digest).length;
    },
    failures: () =>
      events().flatMap((event) => {
        if (event.type === 'capture-failed') return [event.code as string];
        return event.type === 'captured' && event.entry?.unreadable !== undefined ? ['unreadable'] : [];
      }),
    rungs: () =>
      events().flatMap((event) => (event.type === 'camera-recovery' ? [`${event.rung} ${event.outcome}`] : [])),
  };
  const isThere = async () => {
    if (!agent.running) throw new Error(`the agent has ended:\n${readFileSync(join(folder, 'agent.log'), 'utf8')}`);
    return (await site.good()) > 0;
  };
  await until('the first picture is there', isThere, slotMs + 30_000);
  return site;
}

/** Lets a fault happen, `lastMs` from when it was seen, and waits for a picture after its end; returns how long that took. */
export async function sufferFault(site: FaultySite, script: FaultScript, lastMs: number): Promise<number> {
  const [failures, rungs] = [site.failures().length, site.rungs().length];
  await script.begin(site.camera, site);
  await until(
    `the agent has met the fault "${script.name}"`,
    () => {
      if (
        site
          .failures()
          .slice(failures)
          .some((code) => script.seenAs.test(code))
      )
        return true;
      // The slot may still end well: then the ladder alone tells of it.
      return script.stopsCaptures !== false && site.rungs().length > rungs;
    },
    site.slotMs + 60_000,
  );
  const endAt = performance.now() + lastMs;
  await until('the fault has lasted', () => performance.now() >= endAt, lastMs + 1_000);
  const good = await site.good();
  await script.end(site.camera, site);
  const begin = performance.now();
  await until(`a picture after "${script.name}"`, async () => (await site.good()) > good, 120_000);
  return performance.now() - begin;
}
