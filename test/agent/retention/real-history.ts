import { spawnSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type AgentConfig, agentConfig } from '@vigie/agent/config';
import { openRetention, type Retention } from '@vigie/agent/retention';
import { type KeptDisk, localKeptDisk } from '@vigie/agent/retention/kept-disk';
import { createReserve, openWithReserve, RESERVE } from '@vigie/agent/retention/reserve';
import { type Assets, createAssets } from '@vigie/agent/store/assets';
import { createDeliveries, type Deliveries } from '@vigie/agent/store/deliveries';
import { type Ledger, openLedger } from '@vigie/agent/store/ledger';
import { isLedgerFull } from '@vigie/agent/store/ledger-full';
import { createOutbox, type Outbox } from '@vigie/agent/store/outbox';
import { codeOf, isSystemError } from '@vigie/shared/kit/errors';
import { silentLog } from '@vigie/shared/kit/log';
import { handClock } from '../../support/ledger.ts';
import { receiptOf } from '../../support/receipt.ts';
import { mountSmallDisk } from '../../support/small-disk.ts';
import { dice } from './dice.ts';
import { PowerCut } from './disk-model.ts';
import type { Told } from './history-model.ts';

/** `full`: how often the ledger itself had no room. */
export type RealTold = Told & { full: number };

type Life = {
  ledger: Ledger;
  outbox: Outbox;
  deliveries: Deliveries;
  assets: Assets;
  retention: Retention;
};
type Kept = { id: number; path: string; bytes: Buffer; isGone: boolean };

/**
 * The same on a real disk with the real ledger on it: tmpfs, SQLite, hard links. The disk is small enough for the ledger to run out of
 * room as well. The destination is down most of the time.
 */
export async function realHistory(seed: number, length: number): Promise<RealTold> {
  const random = dice(seed);
  const clock = handClock();
  const folder = await mkdtemp(join(tmpdir(), 'vigie-test-disk-'));
  mountSmallDisk(folder, 'size=16m,nr_inodes=300');
  const told: RealTold = { wrong: undefined, removed: 0, cuts: 0, skipped: 0, full: 0 };
  const root = join(folder, 'garden');
  const destinations = ['archive', 'mirror'];
  const config: AgentConfig = agentConfig.parse({
    device: 'test',
    dataFolder: join(folder, 'data'),
    sources: [{ name: 'garden', camera: { type: 'test-picture' }, destinations }],
    destinations: destinations.map((name) => ({ name, type: 'directory', root: join(folder, name) })),
    disk: {
      clean: { percent: 40, bytes: '1GB', inodes: 1000 },
      stopProcessing: { percent: 10, bytes: '1GB', inodes: 1000 },
      skipCaptures: { percent: 5, bytes: '1GB', inodes: 1000 },
      reserve: '600kB',
      proof: { at: random.oneIn(2) ? 'all' : ['mirror'], level: random.pick(['size', 'digest']) },
    },
  });
  const { at: provedAt, level } = config.disk.proof;
  for (const tree of ['stage', 'result', 'preserve']) mkdirSync(join(root, tree), { recursive: true });
  const kept: Kept[] = [];
  const truth = new Map<number, Map<string, 'size' | 'digest'>>();
  let steps = Number.POSITIVE_INFINITY;
  let number = 0;
  const fail = (what: string) => {
    told.wrong ??= what;
  };

  function step<T>(act: () => T): T {
    if (steps <= 0) throw new PowerCut();
    steps -= 1;
    return act();
  }
  const disk: KeptDisk = {
    names: async (path) => step(() => localKeptDisk.names(path)),
    look: async (path) => step(() => localKeptDisk.look(path)),
    remove: async (path) => step(() => localKeptDisk.remove(path)),
    syncFolder: async (path) => step(() => localKeptDisk.syncFolder(path)),
    digest: async (path) => step(() => localKeptDisk.digest(path)),
  };

  async function begin(): Promise<Life> {
    const reserve = createReserve(join(config.dataFolder, RESERVE));
    const ledger = await openWithReserve(() => openLedger(config.dataFolder), reserve);
    const outbox = createOutbox(ledger, clock, () => undefined);
    const destinationsOf = () => config.sources[0]?.destinations ?? [];
    const deliveries = createDeliveries({ ledger, outbox, clock, destinationsOf });
    const assets = createAssets({ ledger, source: 'garden', outbox, deliveries, clock, filed: () => undefined });
    const source = { name: 'garden', folder: root, config: config.sources[0] as never, assets, isPresent: () => true };
    const retention = openRetention({
      config,
      ledger,
      reserve,
      sources: new Map([['garden', source]]),
      outbox,
      changed: () => undefined,
      disk,
      clock,
      log: silentLog,
    });
    await retention.finish();
    return { ledger, outbox, deliveries, assets, retention };
  }
  let now = await begin();

  async function restart(): Promise<void> {
    steps = Number.POSITIVE_INFINITY;
    now.ledger[Symbol.dispose]();
    try {
      now = await begin();
    } catch (error) {
      if (codeOf(error) !== 'disk-full') throw error;
      // Others have taken all that the reserve gave: a person makes room.
      told.full += 1;
      rmSync(join(folder, 'other'), { force: true });
      now = await begin();
    }
    for (const { path } of kept) {
      const asset = now.assets.find(path);
      if (asset && !existsSync(join(root, 'result', path))) fail(`${path} is held and has no file`);
      if (!asset && now.assets.purged(path)?.isOpen === false && existsSync(join(root, 'result', path)))
        fail(`${path} is purged and its file is there`);
    }
  }

  /** What has no room is told and comes later: the agent goes on. */
  async function whereRoom(act: () => unknown): Promise<boolean> {
    try {
      await act();
      return true;
    } catch (error) {
      if (isLedgerFull(error)) told.full += 1;
      else if (!isSystemError(error, 'ENOSPC')) throw error;
      return false;
    }
  }

  async function capture(): Promise<void> {
    if (!now.retention.ladder.mayCapture('garden').ok) return;
    number += 1;
    const bytes = Buffer.alloc(50_000 + random.below(350_000), number);
    const staged = join(root, 'stage', String(number));
    const path = `day/${number}.jpg`;
    const written = await whereRoom(() => writeFileSync(staged, bytes));
    if (!written) return unlinkSync(staged);
    const jobId = `job-${number}`;
    await whereRoom(() => {
      const modifiedAt = Math.trunc(statSync(staged).mtimeMs);
      const sha256 = number.toString(16).padStart(64, '0');
      const figures = { size: bytes.length, sha256, kind: 'jpg' as const, capturedAt: clock.now(), modifiedAt };
      now.assets.books.intend(jobId, [{ tree: 'result', path, ...figures, unreadable: undefined, preview: null }]);
      for (const tree of ['result', 'preserve']) {
        mkdirSync(dirname(join(root, tree, path)), { recursive: true });
        linkSync(staged, join(root, tree, path));
      }
      now.assets.books.filed(jobId);
      const id = now.assets.find(path)?.id;
      if (id !== undefined) kept.push({ id, path, bytes, isGone: false });
      unlinkSync(staged);
      now.assets.books.closed(jobId);
    });
  }

  async function deliver(): Promise<void> {
    const destination = random.pick(destinations);
    await whereRoom(() => {
      const claimed = now.deliveries.claim(destination, ['live', 'backfill']);
      if (!claimed) return;
      if (random.oneIn(4)) return now.deliveries.release(claimed, destination, { notBefore: 0, attempted: undefined });
      const receipt = random.pick(['size', 'digest'] as const);
      const held = truth.get(claimed.id) ?? new Map<string, 'size' | 'digest'>();
      truth.set(claimed.id, held.set(destination, receipt));
      now.deliveries.verified(claimed, destination, receiptOf(receipt, claimed.size));
    });
  }

  /** A report finds that a destination has lost an asset: a re-sync owes it again. */
  async function withdraw(): Promise<void> {
    const asset = kept.length > 0 ? random.pick(kept) : undefined;
    if (!asset || asset.isGone) return;
    const destination = random.pick(destinations);
    await whereRoom(() => {
      now.ledger.sqlite
        .prepare("UPDATE delivery SET state = 'pending' WHERE asset_id = ? AND destination = ? AND state = 'verified'")
        .run(asset.id, destination);
      truth.get(asset.id)?.delete(destination);
    });
  }

  function isSafe(id: number): boolean {
    const owed = config.sources[0]?.destinations ?? [];
    const holds = (name: string) =>
      owed.includes(name) &&
      (truth.get(id)?.get(name) === 'digest' || (truth.get(id)?.get(name) === 'size' && level === 'size'));
    if (owed.length === 0) return false;
    return provedAt === 'all' ? owed.every(holds) : provedAt.some(holds);
  }

  async function look(): Promise<void> {
    const cut = random.oneIn(4);
    if (cut) steps = random.below(30);
    const before = kept.filter(({ isGone }) => !isGone).map((asset) => ({ asset, safe: isSafe(asset.id) }));
    await now.retention.ladder.look();
    if (cut) {
      told.cuts += 1;
      await restart();
    }
    for (const { asset, safe } of before) {
      if (existsSync(join(root, 'result', asset.path))) continue;
      asset.isGone = true;
      told.removed += 1;
      if (!safe) fail(`${asset.path} was removed unproved`);
    }
  }

  try {
    for (let event = 0; event < length && told.wrong === undefined; event++) {
      clock.advance(61_000);
      const what = random.below(100);
      if (what < 45) await capture();
      else if (what < 70) for (let i = 0; i < 4; i++) await deliver();
      else if (what < 74) await withdraw();
      else if (what < 92) await look();
      else if (what < 94) {
        const [source] = config.sources;
        if (source) source.destinations = random.pick([['archive'], ['mirror'], ['archive', 'mirror'], []]);
      } else if (what < 97) {
        const other = join(folder, 'other');
        if (!existsSync(other)) await whereRoom(() => writeFileSync(other, Buffer.alloc(random.below(16_000_000), 1)));
        else if (random.oneIn(3)) truncateSync(other, 0);
        else unlinkSync(other);
      } else await restart();
      for (const { path, isGone } of kept)
        if (!isGone && !existsSync(join(root, 'result', path))) fail(`${path} is gone`);
      if (told.wrong !== undefined) told.wrong = `event ${event}: ${told.wrong}`;
    }
    await restart();
    for (const { path, bytes, isGone } of kept) {
      if (!isGone && !readFileSync(join(root, 'result', path)).equals(bytes)) fail(`${path} has other bytes`);
    }
    told.skipped = now.retention.ladder.skipped();
    checkLedger(now, kept, fail);
  } finally {
    now.ledger[Symbol.dispose]();
    spawnSync('umount', ['-l', folder]);
    spawnSync('rmdir', [folder]);
  }
  return told;
}

/** The ledger is whole, its figures are those of its rows, and its events have no gap. */
function checkLedger({ ledger, outbox, assets }: Life, kept: readonly Kept[], fail: (what: string) => void): void {
  if (ledger.sqlite.pragma('integrity_check', { simple: true }) !== 'ok') fail('the ledger is damaged');
  const rows = kept.filter(({ path }) => assets.find(path));
  const bytes = rows.reduce((sum, asset) => sum + asset.bytes.length, 0);
  const held = assets.held();
  if (held.count !== rows.length || held.bytes !== bytes)
    fail(`it holds ${JSON.stringify(held)}, not ${rows.length} (${bytes})`);
  const seqs = outbox.after(0, 1_000_000).map(({ seq }) => seq);
  if (seqs.some((seq, index) => seq !== index + 1)) fail('the sequence of events has a gap');
}
