import { createClockFloor } from '@vigie/agent/health/clock-floor';
import { createClockTrust, lesserTrust } from '@vigie/agent/health/clock-trust';
import { CLOCK_STEP } from '@vigie/agent/slots/keeper';
import { retell } from '@vigie/agent/slots/retell';
import { silentLog } from '@vigie/shared/kit/log';
import { stamp } from '@vigie/shared/kit/zone';
import { expect, test } from 'vitest';
import { memoryFolder, simulatedAgent, simulatedTime } from './simulation.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const schedule = { windows: [{ every: '5m' }] };
/** 12:00 in Paris. */
const NOON = Date.UTC(2026, 6, 1, 10);

/** An agent on a machine whose clock and kernel can be told what to say, joined as the agent's root does it. */
async function machine(options: { folder: string; time: ReturnType<typeof simulatedTime>; boot?: string }) {
  const { folder, time } = options;
  const bootedAt = time.passed();
  const boot = { id: options.boot ?? 'boot-1', ms: () => time.passed() - bootedAt };
  let isSynchronised: boolean | undefined;
  const agent = await simulatedAgent({
    folder,
    time,
    schedule,
    boot,
    trust: () => trust.level(),
    clockWasSet,
  });
  const trust = createClockTrust({
    floor: createClockFloor(agent.ledger, time.clock),
    word: async () => isSynchronised,
    boot,
    clock: time.clock,
    raised(level, offsetMs) {
      const known = { trust: level, lesser: lesserTrust(level), bootId: boot.id, offsetMs, now: time.clock.now() };
      retell({ trueTimes: agent.trueTimes, schedule: agent, ...known });
      agent.trueTimes.tell((at) => `${stamp(at, 'Europe/Paris')}.jpg`);
      agent.keeper.open();
    },
    stepped({ from, to }) {
      if (to > from) agent.keeper.passed(to, CLOCK_STEP);
    },
    log: silentLog,
  });
  let seen = 0;
  async function clockWasSet(): Promise<boolean> {
    await trust.look();
    const before = seen;
    seen = trust.steps();
    return seen !== before;
  }
  await trust.look();
  await agent.start();
  /** All slots that the ledger has, by the time of Paris. */
  const told = () =>
    (
      agent.ledger.sqlite.prepare('SELECT at, state, code FROM slot ORDER BY at').all() as {
        at: number;
        state: string;
        code: string | null;
      }[]
    ).map(
      ({ at, state, code }) => `${stamp(at, 'Europe/Paris').slice(6, 12)} ${state}${code === null ? '' : `: ${code}`}`,
    );
  return {
    agent,
    trust,
    told,
    synchronise(to: number) {
      time.set(to);
      isSynchronised = true;
    },
    assume(word: boolean) {
      isSynchronised = word;
    },
  };
}

test('1970 at boot: captures go on, and when the time comes the pictures of this boot get their true times and slots', async () => {
  const folder = await memoryFolder();
  const time = simulatedTime(NOON - 6 * MINUTE);
  const before = await machine({ folder, time });
  before.assume(true);
  await time.run(2 * MINUTE);
  before.agent.process();
  expect(before.told()).toEqual(['011155 captured']);

  time.cut();
  before.agent.ledger[Symbol.dispose]();
  time.restore(10 * MINUTE);
  // 12:06 in truth.
  time.set(42_000);
  const { agent, told, synchronise } = await machine({ folder, time, boot: 'boot-2' });
  await time.run(11 * MINUTE);
  expect(agent.input).toEqual(['19700101010500.jpg', '19700101011000.jpg']);
  agent.process();
  // What a clock that nobody believes tells settles nothing: the slots of the true time are not lost from sight.
  expect(told()).toEqual(['010105 captured', '010110 captured', '011155 captured']);

  synchronise(NOON + 17 * MINUTE);
  await time.run(MINUTE);
  // Booted at 12:06, the first picture at 12:10:18 and the second at 12:15:18.
  expect(told()).toEqual([
    '011155 captured',
    '011200 off: device-off',
    '011205 off: device-off',
    '011210 captured',
    '011215 captured',
  ]);

  const corrected = agent.outbox.after(0, 1000).filter((event) => event.type === 'time-corrected');
  expect(corrected).toMatchObject([
    {
      source: 'garden',
      name: '20260701121018.jpg',
      entry: { path: '19700101/19700101010500.jpg', capturedAt: NOON + 10 * MINUTE + 18_000 },
    },
    { name: '20260701121518.jpg', entry: { path: '19700101/19700101011000.jpg' } },
  ]);
  // The path stays, and with it the bucket and what is at destinations.
  expect(agent.assets.find('19700101/19700101010500.jpg')?.trueAt).toBe(NOON + 10 * MINUTE + 18_000);
  const [entries] = [...agent.assets.entries(['19700101'], 10)];
  expect(entries?.map(({ capturedAt }) => capturedAt)).toEqual([NOON + 618_000, NOON + 918_000]);

  await time.run(3 * MINUTE);
  expect(told().at(-1)).toBe('011220 captured');
  await agent.stop();
});

test('a picture that is filed only after the time came gets its true time then', async () => {
  const time = simulatedTime(42_000);
  const { agent, synchronise } = await machine({ folder: await memoryFolder(), time });
  await time.run(5 * MINUTE);
  synchronise(NOON);
  await time.run(10_000);
  const events = () => agent.outbox.after(0, 1000).filter((event) => event.type === 'time-corrected');
  expect(events()).toEqual([]);
  agent.process();
  expect(agent.trueTimes.tell((at) => stamp(at, 'Europe/Paris'))).toBe(1);
  expect(agent.trueTimes.tell((at) => stamp(at, 'Europe/Paris'))).toBe(0);
  expect(events()).toHaveLength(1);
  await agent.stop();
});

test('a clock that stood still while the power was off: what it told is corrected, and the night is device off', async () => {
  const time = simulatedTime(NOON - MINUTE);
  const { agent, told, synchronise } = await machine({ folder: await memoryFolder(), time });
  await time.run(7 * MINUTE);
  expect(told()).toEqual(['011200 captured', '011205 captured']);
  synchronise(NOON + 2 * HOUR + 6 * MINUTE);
  await time.run(10_000);
  const off = told().slice(0, -2);
  expect(off).toHaveLength(24);
  expect(new Set(off.map((line) => line.slice(7)))).toEqual(new Set(['off: device-off']));
  expect(told().slice(-2)).toEqual(['011400 captured', '011405 captured']);
  await agent.stop();
});

test('a clock that was ahead is set back: nothing is taken twice, and nothing is missing', async () => {
  const time = simulatedTime(NOON + HOUR - MINUTE);
  const { agent, told, synchronise } = await machine({ folder: await memoryFolder(), time });
  await time.run(11 * MINUTE + 30_000);
  expect(told()).toEqual(['011300 captured', '011305 captured', '011310 captured']);
  synchronise(NOON + 10 * MINUTE + 30_000);
  await time.run(15 * MINUTE);
  expect(told()).toEqual([
    '011200 captured',
    '011205 captured',
    '011210 captured',
    '011215 captured',
    '011220 captured',
    '011225 captured',
  ]);
  expect(agent.shots).toHaveLength(6);
  await agent.stop();
});

test('a clock that is set by hand: forward, the slots in between have failed; a little back, no slot is taken twice', async () => {
  const time = simulatedTime(NOON - MINUTE);
  const { agent, told } = await machine({ folder: await memoryFolder(), time });
  await time.run(2 * MINUTE);
  time.set(NOON + 21 * MINUTE);
  await time.run(5 * MINUTE);
  expect(told()).toEqual([
    '011200 captured',
    '011205 failed: clock-step',
    '011210 failed: clock-step',
    '011215 failed: clock-step',
    '011220 failed: clock-step',
    '011225 captured',
  ]);
  time.set(NOON + 24 * MINUTE + 50_000);
  await time.run(6 * MINUTE);
  expect(told().slice(-2)).toEqual(['011225 captured', '011230 captured']);
  expect(agent.shots).toHaveLength(3);
  await agent.stop();
});

test('set back by an hour, by nobody knows whom: pictures go on, and no slot has two rows', async () => {
  const time = simulatedTime(NOON + HOUR - MINUTE);
  const { agent, told } = await machine({ folder: await memoryFolder(), time });
  await time.run(11 * MINUTE + 30_000);
  time.set(NOON + HOUR - 30_000);
  await time.run(11 * MINUTE);
  expect(agent.shots).toHaveLength(5);
  expect(told()).toEqual(['011300 captured', '011305 captured', '011310 captured']);
  await agent.stop();
});
