import { type Climb, type LadderPolicy, nextStep, RUNGS, type Rung } from '@vigie/agent/recovery/ladder';
import { ladderPolicy, recoveryConfig } from '@vigie/agent/recovery/recovery-config';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const policy: LadderPolicy = {
  retries: 2,
  pauseFromMs: 1_000,
  pauseUpToMs: 60_000,
  rungs: {
    retry: { allowed: true, cooldownMs: 0, perDay: 1_000 },
    redetect: { allowed: true, cooldownMs: 30_000, perDay: 100 },
    'usb-reauthorise': { allowed: true, cooldownMs: 120_000, perDay: 50 },
    'power-cycle': { allowed: true, cooldownMs: 600_000, perDay: 12 },
    'restart-agent': { allowed: true, cooldownMs: 3_600_000, perDay: 4 },
    reboot: { allowed: true, cooldownMs: 21_600_000, perDay: 1 },
  },
};

const climb = (changes: Partial<Climb> = {}): Climb => ({
  code: 'camera-timeout',
  attempts: 0,
  climbed: [],
  usedToday: () => 0,
  sinceUse: () => undefined,
  possible: new Set(RUNGS),
  ...changes,
});

/** Every step of a camera that never gives a picture, until `untilMs`: what was done, and when. */
function climbs(untilMs: number, rules = policy, changes: Partial<Climb> = {}): { at: number; rung: Rung }[] {
  const steps: { at: number; rung: Rung }[] = [];
  let [attempts, climbed]: [number, Rung[]] = [0, []];
  const attemptMs = 5_000;
  for (let at = attemptMs; at < untilMs; at += attemptMs) {
    const last = (rung: Rung) => steps.findLast((step) => step.rung === rung);
    const sinceUse = (rung: Rung) => {
      const use = last(rung);
      return use && at - use.at;
    };
    const usedToday = (rung: Rung) => steps.filter((step) => step.rung === rung).length;
    const step = nextStep(climb({ attempts, climbed, sinceUse, usedToday, ...changes }), rules);
    if (!step) continue;
    at += step.pauseMs;
    steps.push({ at, rung: step.rung });
    if (step.rung === 'retry') attempts += 1;
    else [attempts, climbed] = [0, step.round ? [step.rung] : [...climbed, step.rung]];
  }
  return steps;
}

const orderOf = (steps: { rung: Rung }[]) =>
  steps.map(({ rung }) => rung).filter((rung, i, all) => rung !== all[i - 1]);

describe('the order of the rungs', () => {
  test('each is used once a round, from the lowest to the highest', () => {
    expect(climbs(45_000).map(({ rung }) => rung)).toEqual([
      'retry',
      'retry',
      'redetect',
      'usb-reauthorise',
      'power-cycle',
      'restart-agent',
      'reboot',
      // All of them rest now: the capture is tried again.
      'retry',
    ]);
  });

  test('rungs that are not allowed, or for which the camera has nothing, are passed over', () => {
    const rules = { ...policy, rungs: { ...policy.rungs, reboot: { ...policy.rungs.reboot, allowed: false } } };
    const possible = new Set<Rung>(['retry', 'redetect', 'power-cycle', 'reboot']);
    const order = orderOf(climbs(3_600_000, rules, { possible }));
    expect(new Set(order)).toEqual(new Set(['retry', 'redetect', 'power-cycle']));
    expect(order.slice(0, 4)).toEqual(['retry', 'redetect', 'power-cycle', 'retry']);
  });

  test('while the next rung rests the capture is tried again, and the rung follows as soon as it has rested', () => {
    const steps = climbs(2_000_000);
    const cycles = steps.filter(({ rung }) => rung === 'power-cycle').map(({ at }) => at);
    expect(cycles.length).toBeGreaterThan(2);
    for (const [i, at] of cycles.entries())
      if (i > 0) expect(at - (cycles[i - 1] as number)).toBeGreaterThanOrEqual(600_000);
    expect((cycles[1] as number) - (cycles[0] as number)).toBeLessThan(700_000);
  });

  test('a failure that a power cycle cannot mend does not climb so high', () => {
    const highest = (code: string) => new Set(climbs(30_000_000, policy, { code }).map(({ rung }) => rung));
    expect(highest('card-full')).toEqual(new Set(['retry']));
    expect(highest('camera-busy')).toEqual(new Set(['retry', 'redetect', 'usb-reauthorise']));
    expect(highest('camera-refused')).toEqual(new Set(['retry', 'redetect', 'usb-reauthorise', 'power-cycle']));
    expect(highest('camera-absent')).toEqual(new Set(RUNGS));
  });
});

test('pauses grow from the first figure to the last, and begin anew after each rung above', () => {
  const pauses = [0, 1, 2, 3, 4, 5, 6, 7, 40].map(
    (attempts) => nextStep(climb({ attempts, possible: new Set(['retry']) }), policy)?.pauseMs,
  );
  expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
});

test('a rung that was used up today gives way to the next one above; when all are, nothing is left to do', () => {
  const usedUp = (...rungs: Rung[]) => ({ usedToday: (rung: Rung) => (rungs.includes(rung) ? 10_000 : 0) });
  expect(nextStep(climb({ attempts: 2, ...usedUp('redetect') }), policy)?.rung).toBe('usb-reauthorise');
  expect(nextStep(climb({ attempts: 2, ...usedUp('redetect', 'usb-reauthorise', 'power-cycle') }), policy)?.rung).toBe(
    'restart-agent',
  );
  expect(nextStep(climb(usedUp('retry')), policy)?.rung).toBe(undefined);
  expect(nextStep(climb(usedUp(...RUNGS)), policy)).toBeUndefined();
});

test('neither cooldown nor cap is ever passed, whatever the rules and the day', () => {
  const limits = fc.record({
    allowed: fc.boolean(),
    cooldownMs: fc.integer({ min: 0, max: 7_200_000 }),
    perDay: fc.integer({ min: 0, max: 30 }),
  });
  const rules = fc.record({
    retries: fc.integer({ min: 0, max: 4 }),
    pauseFromMs: fc.integer({ min: 1, max: 10_000 }),
    pauseUpToMs: fc.integer({ min: 1, max: 120_000 }),
    rungs: fc.record(Object.fromEntries(RUNGS.map((rung) => [rung, limits])) as Record<Rung, typeof limits>),
  });
  const possible = fc.subarray([...RUNGS]).map((rungs) => new Set<Rung>(rungs));
  fc.assert(
    fc.property(rules, possible, (random, able) => {
      const steps = climbs(20_000_000, random, { possible: able });
      for (const rung of RUNGS) {
        const uses = steps.filter((step) => step.rung === rung);
        expect(uses.length).toBeLessThanOrEqual(random.rungs[rung].perDay);
        if (uses.length > 0) expect([random.rungs[rung].allowed, able.has(rung)]).toEqual([true, true]);
        for (const [i, use] of uses.entries()) {
          if (i > 0) expect(use.at - (uses[i - 1]?.at as number)).toBeGreaterThanOrEqual(random.rungs[rung].cooldownMs);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test('as it comes, the ladder ends neither the agent nor the machine', () => {
  const rungs = climbs(86_400_000, ladderPolicy(recoveryConfig.parse({}))).map(({ rung }) => rung);
  expect(rungs).toContain('power-cycle');
  expect(rungs).not.toContain('restart-agent');
  expect(rungs).not.toContain('reboot');
});
