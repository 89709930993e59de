import { type Limits, limitsConfig } from '@vigie/agent/deliver/limits/limits-config';

const HOUR = 3_600_000;

/** What a history plays on: drawn once from its seed. */
export type Scene = {
  days: number;
  devices: string[];
  destinations: string[];
  workers: number;
  bytesPerSecond: number;
  /** How likely a message is given twice, overtakes another, and a step of a transfer breaks. */
  doubled: number;
  overtakes: number;
  flaw: number;
  /** Messages that the broker keeps for a client that is away. */
  queueMax: number;
  /** The broker is the hub's own: it ends with it, and keeps nothing. */
  isBrokerEmbedded: boolean;
  policy: 'automatic' | 'ask';
  /** What may go to each destination, and when. */
  limits: Limits;
  /** Every proof is looked at again within so much time; 0: never. */
  auditWithinMs: number;
  /** What all re-syncs of all devices may take together. */
  resync: { devicesAtOnce?: number; bandwidth?: number };
  /** What the hub hears of one device. */
  allowance: { perSecond: number; burst: number };
  deeds: number;
};

export type Dice = {
  random: () => number;
  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number;
  one<T>(of: readonly T[]): T;
  chance(likelihood: number): boolean;
};

export function diceOf(random: () => number): Dice {
  const between = (from: number, to: number) => from + Math.floor(random() * (to - from + 1));
  return {
    random,
    between,
    one: (of) => of[between(0, of.length - 1)] as (typeof of)[number],
    chance: (likelihood) => random() < likelihood,
  };
}

/** Half of the scenes have none. Windows are so long that what is owed at an opening goes before they shut. */
const LIMITS = [
  ...Array<object>(6).fill({}),
  { bandwidth: '64K' },
  { bandwidth: '08:00,32K 20:00,off' },
  { monthly: '600K' },
  { windows: [{ open: ['18:00-06:00'] }] },
  { thin: { oneIn: 3, rest: ['18:00-06:00'] } },
  { windows: [{ kinds: ['jpg'], open: ['10:00-02:00'] }], thin: { oneIn: 2, rest: ['20:00-12:00'] }, monthly: '2M' },
];

export function drawScene({ between, one, chance }: Dice): Scene {
  return {
    days: between(1, 30),
    devices: chance(0.25) ? ['cam-1', 'cam-2'] : ['cam-1'],
    destinations: chance(0.3) ? ['archive', 'mirror'] : ['archive'],
    workers: between(1, 3),
    bytesPerSecond: one([50_000, 200_000, 1_000_000]),
    doubled: one([0, 0, 0.05, 0.3]),
    overtakes: one([0, 0, 0.1, 0.5]),
    flaw: one([0, 0, 0.01, 0.05]),
    queueMax: one([5, 100, 1000]),
    isBrokerEmbedded: chance(0.4),
    policy: one(['automatic', 'ask']),
    limits: limitsConfig.parse(one(LIMITS)),
    auditWithinMs: one([0, 0, HOUR / 3, 24 * HOUR]),
    resync: one([{}, {}, { devicesAtOnce: 1 }, { bandwidth: 60_000 }, { devicesAtOnce: 1, bandwidth: 60_000 }]),
    allowance: one([
      { perSecond: 100, burst: 3000 },
      { perSecond: 5, burst: 60 },
    ]),
    deeds: between(6, 16),
  };
}
