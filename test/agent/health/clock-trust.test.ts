import { createClockFloor } from '@vigie/agent/health/clock-floor';
import { type ClockStep, createClockTrust } from '@vigie/agent/health/clock-trust';
import { silentLog } from '@vigie/shared/kit/log';
import { expect, test } from 'vitest';
import { testLedger } from '../../support/ledger.ts';

const NOW = Date.UTC(2026, 10, 23, 12);

/** A machine whose clock and time since boot are set by hand, and a kernel that says what it is told to. */
async function machine(now = NOW) {
  const { ledger } = await testLedger();
  let [at, boot] = [now, 5_000];
  let word: boolean | undefined;
  let asked = 0;
  const clock = { now: () => at, monotonic: () => boot, sleep: async () => undefined };
  const steps: ClockStep[] = [];
  const raised: [level: string, offsetMs: number][] = [];
  const trust = createClockTrust({
    floor: createClockFloor(ledger, clock),
    async word() {
      asked += 1;
      return word;
    },
    boot: { id: 'boot', ms: () => boot },
    clock,
    stepped: (step) => steps.push(step),
    raised: (level, offsetMs) => raised.push([level, offsetMs]),
    log: silentLog,
  });
  return {
    trust,
    steps,
    raised,
    asked: () => asked,
    say: (to: boolean | undefined) => {
      word = to;
    },
    pass(ms: number) {
      at += ms;
      boot += ms;
    },
    set(to: number) {
      at = to;
    },
  };
}

test('a clock that stands before 2026 is wrong, and one that nobody vouches for is plausible', async () => {
  expect((await machine(0)).trust.level()).toBe('wrong');
  expect((await machine()).trust.level()).toBe('plausible');
});

test('a step is seen, and what it means is asked of the kernel at once', async () => {
  const { trust, steps, raised, pass, set, say } = await machine(42_000);
  await trust.look();
  expect(raised).toEqual([['wrong', 37_000]]);
  pass(60_000);
  await trust.look();
  expect(steps).toEqual([]);
  say(true);
  set(NOW);
  await trust.look();
  expect(steps).toEqual([{ from: 102_000, to: NOW }]);
  expect(raised.at(-1)).toEqual(['synchronised', NOW - 65_000]);
  expect(trust.mark()).toEqual({ takenAt: NOW, bootId: 'boot', bootMs: 65_000, trust: 'synchronised' });
});

test('a clock that is slewed, or a look that comes late, is no step', async () => {
  const { trust, steps, pass, set } = await machine();
  await trust.look();
  pass(3_600_000);
  set(NOW + 3_600_000 + 900);
  await trust.look();
  expect(steps).toEqual([]);
});

test('the kernel is asked again while it says no, and rarely once it says yes', async () => {
  const { trust, raised, asked, say, pass } = await machine();
  /** One turn of the loop. */
  async function turn(): Promise<number> {
    const once = new AbortController();
    const running = trust.run(once.signal);
    once.abort();
    await running;
    return asked();
  }
  say(false);
  expect(await turn()).toBe(1);
  pass(5_000);
  expect(await turn()).toBe(1);
  pass(6_000);
  say(true);
  expect(await turn()).toBe(2);
  pass(60_000);
  expect(await turn()).toBe(2);
  pass(600_000);
  expect(await turn()).toBe(3);
  expect(raised.map(([level]) => level)).toEqual(['plausible', 'synchronised']);
});

test('a floor that came from a clock that was ahead gives way to a clock that is known to be right', async () => {
  const { trust, pass, set, say } = await machine(Date.UTC(2036, 0, 1));
  expect(trust.level()).toBe('plausible');
  set(NOW);
  await trust.look();
  expect(trust.level()).toBe('wrong');
  say(true);
  pass(10);
  set(NOW + 5_000);
  await trust.look();
  expect(trust.level()).toBe('synchronised');
  say(undefined);
  set(NOW + 20_000);
  await trust.look();
  expect(trust.level()).toBe('plausible');
});
