import { unlinkSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { createCapturer } from '@vigie/agent/capture/capturer';
import { scheduleConfig, scheduleOf } from '@vigie/agent/capture/schedule-config';
import { openSchedule } from '@vigie/agent/source-schedule';
import type { Trust } from '@vigie/agent/store/captures';
import { createCaptures } from '@vigie/agent/store/captures';
import type { Ledger } from '@vigie/agent/store/ledger';
import { createTrueTimes } from '@vigie/agent/store/true-times';
import type { CapturedFile } from '@vigie/hardware/camera/camera';
import type { Clock } from '@vigie/shared/kit/clock';
import { silentLog } from '@vigie/shared/kit/log';
import { stamp, stampedAt } from '@vigie/shared/kit/zone';
import type { Statement } from 'better-sqlite3';
import { onTestFinished } from 'vitest';
import { testLedger } from '../../support/ledger.ts';
import { receiptOf } from '../../support/receipt.ts';

/** A folder in memory: a week has tens of thousands of transactions, and a disk flushes each. */
export async function memoryFolder(): Promise<string> {
  const folder = await mkdtemp('/dev/shm/vigie-test-');
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A disk may take its time; this long nobody waits for one. */
const STANDSTILL_MS = 30_000;

/** Time that passes when everybody waits: `run` goes from one waker to the next. The machine's clock may be set meanwhile. */
export function simulatedTime(now: number) {
  type Sleeper = { at: number; wake: () => void };
  let passed = 0;
  let offset = now;
  let sleepers: Sleeper[] = [];
  let isDead = false;

  const clock: Clock = {
    now: () => offset + passed,
    monotonic: () => passed,
    sleep(ms, signal) {
      const { promise, resolve } = Promise.withResolvers<void>();
      // What was under way when the power went never goes on.
      if (isDead) return promise;
      const wake = () => {
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      sleepers.push({ at: passed + Math.max(1, ms), wake });
      signal?.addEventListener('abort', wake);
      return promise;
    },
  };
  async function settled(): Promise<void> {
    const end = performance.now() + STANDSTILL_MS;
    while (sleepers.length === 0) {
      if (performance.now() > end)
        throw new Error('simulate: nobody waits for anything, so nothing can happen any more');
      await setImmediate();
    }
  }

  return {
    clock,
    passed: () => passed,
    /** Lets so much time pass; `each` is called whenever all stand still. */
    async run(ms: number, each: () => void = () => undefined): Promise<void> {
      const end = passed + ms;
      for (;;) {
        await settled();
        each();
        const next = sleepers.reduce((a, b) => (b.at < a.at ? b : a));
        if (next.at > end) break;
        passed = Math.max(passed, next.at);
        sleepers = sleepers.filter((sleeper) => sleeper !== next);
        next.wake();
        // Whoever was woken goes on until it waits again, or for the disk.
        await setImmediate();
      }
      passed = end;
    },
    /** The machine's clock is set; time goes on as before. */
    set(to: number) {
      offset = to - passed;
    },
    /** The power goes: whoever waits, waits for ever. */
    cut() {
      sleepers = [];
      isDead = true;
    },
    /** It comes again after so much time. */
    restore(afterMs: number) {
      passed += afterMs;
      isDead = false;
    },
  };
}
export type SimulatedTime = ReturnType<typeof simulatedTime>;

/** How long a capture takes, and what comes of it. */
export type Shot = { ms: number; error?: Error; bytes?: number };

/** One life of an agent with one source: real ledger, capturer and slots, in simulated time, with a camera that does as it is told. */
export async function simulatedAgent(options: {
  folder: string;
  time: SimulatedTime;
  schedule: unknown;
  zone?: string;
  shoot?: (at: number) => Shot;
  /** How far the clock is believed; asked at each capture. */
  trust?: () => Trust;
  boot?: { id: string; ms: () => number };
  clockWasSet?: () => Promise<boolean>;
  nameAt?: (at: number) => string;
}) {
  const { folder, time, zone = 'Europe/Paris', trust = () => 'synchronised' } = options;
  const boot = options.boot ?? { id: 'boot', ms: time.passed };
  const { clock } = time;
  const workFolder = join(folder, '.capture');
  await mkdir(workFolder, { recursive: true });
  const { ledger, outbox, deliveries, file, assets } = await testLedger(folder, clock);
  keepStatements(ledger);
  const captures = createCaptures(ledger, 'garden', outbox, clock);
  const settings = { schedule: scheduleConfig.parse(options.schedule) };
  const schedule = scheduleOf(settings, zone, undefined);
  if (!schedule) throw new Error('a simulated agent needs a schedule');
  const expected = openSchedule({
    source: 'garden',
    schedule,
    zone,
    ledger,
    now: () => clock.now(),
    isClockBelieved: () => trust() !== 'wrong',
  });
  /** Names in input, oldest first. */
  const input: string[] = [];
  const shots: number[] = [];
  let sequence = 0;
  const capturer = createCapturer({
    source: 'garden',
    camera: {
      description: 'simulated',
      async capture({ folder: at, at: instant }, signal): Promise<CapturedFile[]> {
        shots.push(instant);
        const { ms, error, bytes = 1 } = options.shoot?.(instant) ?? { ms: 2_000 };
        await clock.sleep(ms, signal);
        if (error) throw error;
        writeFileSync(join(at, 'picture'), Buffer.alloc(bytes, 1));
        return [{ path: join(at, 'picture'), extension: 'jpg' }];
      },
      async [Symbol.asyncDispose]() {},
    },
    schedule: { ...expected, clockWasSet: options.clockWasSet ?? (async () => false) },
    zone,
    captures,
    nameAt: options.nameAt,
    mark: () => ({ takenAt: clock.now(), bootId: boot.id, bootMs: boot.ms(), trust: trust() }),
    ready: async () => undefined,
    async submit(path, name) {
      unlinkSync(path);
      input.push(name);
      return name;
    },
    workFolder,
    nextNumber: () => ++sequence,
    changed: () => undefined,
    clock,
    log: silentLog,
  });
  const stopping = new AbortController();
  let ended: Promise<void> | undefined;
  let jobs = 0;

  return {
    ...expected,
    capturer,
    captures,
    deliveries,
    assets,
    outbox,
    ledger,
    input,
    shots,
    trueTimes: createTrueTimes(ledger, 'garden', outbox),
    async start() {
      expected.keeper.open();
      await capturer.recover();
      ended = capturer.run(stopping.signal);
    },
    async stop(): Promise<void> {
      stopping.abort();
      await ended;
    },
    /** What the watched folder does with what lies in input; a name for which `torn` says so cannot be read. */
    process(torn: (name: string) => boolean = () => false) {
      for (const name of input.splice(0)) {
        jobs += 1;
        const jobId = `job-${ledger.session}-${jobs}`;
        captures.claimed(jobId, name);
        file(`${name.slice(0, 8)}/${name}`, {
          jobId,
          capturedAt: stampedAt(name, zone) ?? clock.now(),
          ...(torn(name) ? { unreadable: 'it is torn' } : {}),
        });
      }
    },
    /** Delivers everything that is due at a destination. */
    deliver(destination: string) {
      const receipt = receiptOf('size');
      while (deliveries.nextDueAt(destination) !== undefined) {
        const claimed = deliveries.claim(destination, ['live', 'backfill']);
        if (!claimed) return;
        deliveries.verified(claimed, destination, receipt);
      }
    },
  };
}

/** A week asks the same hundred questions a hundred thousand times: each is compiled once. */
function keepStatements({ sqlite }: { sqlite: Ledger['sqlite'] }): void {
  const known = new Map<string, Statement>();
  const prepare = sqlite.prepare.bind(sqlite) as (text: string) => Statement;
  const kept = (text: string): Statement => {
    const statement = known.get(text) ?? prepare(text);
    known.set(text, statement);
    return statement.reader ? statement.raw(false) : statement;
  };
  Object.defineProperty(sqlite, 'prepare', { value: kept });
}

export const dayOf = (at: number, zone = 'Europe/Paris') => stamp(at, zone).slice(0, 8);

/** Small and repeatable: mulberry32. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
