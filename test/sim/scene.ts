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
    deeds: between(6, 16),
  };
}
