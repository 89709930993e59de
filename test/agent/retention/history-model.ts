import { createCleaning } from '@vigie/agent/retention/cleaning';
import { createDeletion } from '@vigie/agent/retention/deletion';
import { diskConfig } from '@vigie/agent/retention/disk-config';
import { createLadder } from '@vigie/agent/retention/ladder';
import { ledgerPermission } from '@vigie/agent/retention/permission';
import { type ProofPolicy, proofOf } from '@vigie/agent/retention/proof';
import type { KeptAsset } from '@vigie/agent/retention/shelf';
import { silentLog } from '@vigie/shared/kit/log';
import { handClock } from '../../support/ledger.ts';
import { type Dice, dice } from './dice.ts';
import { diskModel, PowerCut } from './disk-model.ts';
import { type ModelAsset, shelfModel } from './shelf-model.ts';

/** What one random history came to; `wrong` says what must never be. */
export type Told = { wrong: string | undefined; removed: number; cuts: number; skipped: number };

const DESTINATIONS = ['x', 'y', 'z'];
const LEVELS = ['size', 'digest'] as const;
const SOURCES = ['a', 'b'];
const BYTES = 4_000;
const MARGIN = 25;
const DAY_MS = 86_400_000;

/**
 * A device with two sources over a while: captures, deliveries, proofs that are withdrawn, a disk that fills up, power cuts at any step,
 * restarts, changes of the configuration, people who write to files. The parts under test are real, disk and ledger are models. What a
 * destination really holds is written down apart, and every removal is held against it.
 */
export async function history(seed: number, length: number): Promise<Told> {
  const random = dice(seed);
  const clock = handClock();
  const model = diskModel({ bytes: BYTES, inodes: 60 });
  const { disk } = model;
  const { shelf, assets, purges, onBegin } = shelfModel(model.step);
  const told: Told = { wrong: undefined, removed: 0, cuts: 0, skipped: 0 };

  let policy = anyPolicy(random);
  let withResult = random.oneIn(2);
  const configured = new Map(SOURCES.map((source) => [source, someOf(random, DESTINATIONS)]));
  const absent = new Set<string>();
  /** What destinations hold in truth, by asset. */
  const truth = new Map<number, Map<string, 'size' | 'digest'>>();
  /** Bytes that must be on the disk until they were safe when they were given up. */
  const owned = new Set<string>();
  const givenUp = new Set<string>();
  let ladderRuns = false;
  let skipped = 0;
  let number = 0;

  const fail = (what: string) => {
    told.wrong ??= what;
  };

  /** In other words than the code under test has. */
  function isSafe(asset: Pick<KeptAsset, 'id' | 'source'>): boolean {
    const needed = new Set(configured.get(asset.source));
    const level = new Set(policy.level === 'digest' ? ['digest'] : LEVELS);
    const good = new Set<string>();
    for (const [name, held] of truth.get(asset.id) ?? []) if (needed.has(name) && level.has(held)) good.add(name);
    if (needed.size === 0) return false;
    return policy.at === 'all' ? good.size === needed.size : policy.at.some((name) => good.has(name));
  }
  const isSending = (asset: Pick<ModelAsset, 'standings'>) => asset.standings.some(({ state }) => state === 'sending');
  const fileOf = (asset: Pick<KeptAsset, 'source' | 'path'>) => model.at(`/${asset.source}/result/${asset.path}`);
  const couldGo = (asset: ModelAsset): boolean =>
    asset.state === 'held' &&
    isSafe(asset) &&
    !isSending(asset) &&
    !absent.has(asset.source) &&
    fileOf(asset)?.content === asset.sha256;

  /** The ledger gives something up: it must be safe, and, where the ladder does it, the oldest, and needed. */
  let portion: number[] = [];
  onBegin((asset, isWhole, names) => {
    told.removed += 1;
    if (absent.has(asset.source)) fail(`asset ${asset.id} is given up while its storage is absent`);
    for (const name of names) {
      const inode = model.at(`/${asset.source}/${name}`);
      if (!inode) continue;
      const same = assets.filter(({ sha256, source }) => source === asset.source && sha256 === inode.content);
      const made = assets.filter(({ original, source }) => source === asset.source && original === inode.content);
      const safe = same.some(isSafe) || (withResult && made.length > 0 && made.every(isSafe));
      if (!safe)
        fail(
          `${name} (${inode.content}) of asset ${asset.id} (${asset.sha256}, ${isWhole ? 'whole' : 'name'}) is given up unproved`,
        );
      givenUp.add(inode.content);
    }
    if (!ladderRuns) return;
    const free = model.space();
    if (free.freeBytes >= 400 * 1.25 && free.freeInodes >= 6 * 1.25)
      fail(`asset ${asset.id} is given up while there is room`);
    if (!isWhole) return;
    portion.push(asset.id);
    const older = assets.find(
      (other) =>
        couldGo(other) &&
        !portion.includes(other.id) &&
        other.isMade === asset.isMade &&
        other.capturedAt < asset.capturedAt,
    );
    if (older) fail(`asset ${asset.id} is given up before the older ${older.id}`);
    if (!asset.isMade && assets.some((other) => couldGo(other) && other.isMade))
      fail(`asset ${asset.id} is given up before derivatives`);
  });
  model.onRemove((path, { content }) => {
    if (!givenUp.has(content)) fail(`${path} was removed, and nothing said that it may go`);
  });

  const rootOf = async (source: string) => (absent.has(source) ? undefined : `/${source}`);
  const judge = ({ source, standings }: KeptAsset) => proofOf(configured.get(source) ?? [], standings, policy);
  function life() {
    const deletion = createDeletion({ shelf, disk, judge, rootOf, clock, log: silentLog });
    const parts = { shelf, disk, deletion, judge, rootOf, withResult, clock, log: silentLog };
    const mark = (percent: number) => ({ percent, bytes: '1GB', inodes: 1_000_000 });
    const ladder = createLadder({
      config: diskConfig.parse({
        clean: mark(10),
        stopProcessing: mark(5),
        skipCaptures: mark(2),
        marginPercent: MARGIN,
        reserve: '0B',
      }),
      ledgerFolder: '/ledger',
      sources: SOURCES,
      rootOf,
      deviceOf: async () => '1',
      async spaceOf() {
        model.step();
        portion = [];
        return model.space();
      },
      cleaning: createCleaning(parts),
      deletion,
      proveMore: () => undefined,
      reserve: { make: async () => undefined, release: async () => false },
      sampled: () => undefined,
      reached: () => undefined,
      changed: () => undefined,
      clock,
      log: silentLog,
    });
    const mayDelete = (source: string) => ledgerPermission({ ...parts, source, root: `/${source}` });
    return { ladder, deletion, mayDelete };
  }
  let now = life();

  /** The power comes back: what was cut short is ended, then file and ledger must agree. */
  async function restart(): Promise<void> {
    model.restart(() => random.oneIn(2));
    now = life();
    await now.deletion.finish();
    for (const asset of assets) {
      if (absent.has(asset.source)) continue;
      const inode = fileOf(asset);
      if (asset.state === 'held' && !inode) fail(`asset ${asset.id} is held and has no file`);
      if (asset.state !== 'purged' || inode?.content !== asset.sha256) continue;
      if (!assets.some((other) => other.state === 'held' && other.path === asset.path && other.source === asset.source))
        fail(`asset ${asset.id} is purged and its file is there`);
    }
    if (absent.size === 0 && shelf.open().length > 0) fail('a removal was left open');
  }

  async function maybeCut(act: () => Promise<unknown>): Promise<void> {
    const cut = random.oneIn(4);
    if (cut) model.cutAfter(random.below(40));
    await act().catch((error: unknown) => {
      if (!(error instanceof PowerCut)) throw error;
    });
    model.cutAfter(Number.POSITIVE_INFINITY);
    if (!cut) return;
    told.cuts += 1;
    await restart();
  }

  function capture(source: string, retaken?: ModelAsset): void {
    const allowed = now.ladder.mayCapture(source);
    if (!allowed.ok) skipped += 1;
    if (!allowed.ok || absent.has(source)) return;
    const size = 20 + random.below(150);
    if (model.space().freeBytes < size * 2 || model.space().freeInodes < 2) return;
    number += 1;
    const content = `bytes-${number}`;
    const modifiedAt = clock.now();
    const path = retaken?.path ?? `day/${number}.jpg`;
    if (model.at(`/${source}/result/${path}`)) return;
    const isMade = random.oneIn(3);
    if (isMade && !now.ladder.mayProcess(source).ok) return;
    owned.add(content);
    const sha256 = isMade ? `made-${number}` : content;
    const inode = model.write(`/${source}/result/${path}`, {
      size: isMade ? size >> 1 : size,
      modifiedAt,
      content: sha256,
    });
    const preserved = `/${source}/preserve/${random.oneIn(4) ? `day/other-${number}.jpg` : `day/${number}.jpg`}`;
    if (isMade) {
      owned.add(sha256);
      model.write(preserved, { size, modifiedAt, content });
    } else if (!random.oneIn(4)) model.link(preserved, inode);
    if (retaken) retaken.state = 'removed';
    const id = assets.length + 1;
    const standings = (configured.get(source) ?? []).map((destination) => ({
      destination,
      state: 'pending' as const,
      receipt: null,
    }));
    const original = isMade ? content : undefined;
    const facts = { id, source, path, size: inode.size, sha256, modifiedAt, capturedAt: modifiedAt };
    assets.push({ ...facts, isMade, original, state: 'held', standings });
  }

  function deliver(): void {
    const asset = assets.length > 0 ? random.pick(assets) : undefined;
    if (asset?.state !== 'held' || fileOf(asset)?.content !== asset.sha256) return;
    const destination = random.pick(DESTINATIONS);
    let standing = asset.standings.find((one) => one.destination === destination);
    if (!standing) {
      // A re-sync orders it.
      if (!random.oneIn(4)) return;
      standing = { destination, state: 'pending', receipt: null };
      asset.standings.push(standing);
    }
    const held = truth.get(asset.id) ?? new Map<string, 'size' | 'digest'>();
    truth.set(asset.id, held);
    if (random.oneIn(6)) {
      // A re-sync finds it lost there, or an operator withdraws it.
      standing.state = random.pick(['pending', 'failed', 'withdrawn', 'sending'] as const);
      held.delete(destination);
      return;
    }
    standing.state = 'verified';
    standing.receipt = random.oneIn(3) ? 'size' : 'digest';
    held.set(destination, standing.receipt);
  }

  /** A person writes to a file: its new bytes are somebody's, and no destination has them. */
  function writeOver(): void {
    const asset = assets.length > 0 ? random.pick(assets) : undefined;
    const inode = asset && fileOf(asset);
    if (!inode) return;
    number += 1;
    givenUp.add(inode.content);
    inode.content = `written-${number}`;
    if (random.oneIn(2)) inode.size += 1;
    else inode.modifiedAt += 5_000;
    owned.add(inode.content);
  }

  async function purgeByAge(): Promise<void> {
    const source = random.pick(SOURCES);
    if (absent.has(source)) return;
    const tree = random.oneIn(2) ? ('result' as const) : ('preserve' as const);
    const below = await disk.names(`/${source}/${tree}/day`);
    if (below.length === 0) return;
    const path = `day/${random.pick(below)}`;
    const look = await disk.look(`/${source}/${tree}/${path}`);
    if (look?.type !== 'file') return;
    const permission = await now.mayDelete(source)({ tree, path, look });
    if ('remove' in permission) await permission.remove();
  }

  for (let event = 0; event < length && told.wrong === undefined; event++) {
    clock.advance(random.oneIn(10) ? DAY_MS : 60_000);
    const what = random.below(100);
    if (what < 36)
      capture(random.pick(SOURCES), random.oneIn(8) ? assets.find(({ state }) => state === 'purged') : undefined);
    else if (what < 66) for (let i = 0; i < 6; i++) deliver();
    else if (what < 80) {
      ladderRuns = true;
      await maybeCut(() => now.ladder.look());
      ladderRuns = false;
    } else if (what < 86) model.foreign(random.below(BYTES));
    else if (what < 91) await maybeCut(purgeByAge);
    else if (what < 94) {
      if (random.oneIn(2)) configured.set(random.pick(SOURCES), someOf(random, DESTINATIONS));
      else policy = anyPolicy(random);
      withResult = random.oneIn(2);
      await restart();
    } else if (what < 96) writeOver();
    else if (what < 98) {
      if (absent.size > 0) absent.clear();
      else absent.add('b');
    } else await restart();

    for (const content of owned)
      if (!givenUp.has(content) && !model.holds(content)) fail(`${content} is gone, and nothing said that it may go`);
    if (told.wrong !== undefined) told.wrong = `event ${event}: ${told.wrong}`;
  }
  told.skipped = skipped;
  if (purges.some(({ names }) => names.some((name) => !/^(result|preserve)\//.test(name))))
    fail('a name of another tree went');
  return told;
}

function anyPolicy(random: Dice): ProofPolicy {
  const level = random.pick(LEVELS);
  if (random.oneIn(2)) return { at: 'all', level };
  return { at: [random.pick(DESTINATIONS), ...(random.oneIn(2) ? ['y'] : [])], level };
}

const someOf = (random: Dice, from: readonly string[]): string[] =>
  random.oneIn(6) ? [] : from.filter((_, index) => index === 0 || random.oneIn(2));
