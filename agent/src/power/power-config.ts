import { type Board, boardNames, knownBoard, lineOf } from '@vigie/hardware/gpio/board';
import { BIASES } from '@vigie/hardware/gpio/gpio';
import { ADAPTERS } from '@vigie/hardware/gpio/open';
import { isHwmonChannel } from '@vigie/hardware/sensor/hwmon';
import { isIioChannel } from '@vigie/hardware/sensor/iio';
import { duration } from '@vigie/shared/kit/duration';
import { messageOf } from '@vigie/shared/kit/errors';
import { identifier } from '@vigie/shared/protocol/asset';
import { z } from 'zod';

/** The blocks `gpio`, `power` and `sensors` of the agent's file. What each is for: docs/gpio-and-power.md. */
const lineName = z
  .string()
  .regex(
    /^(pin \d+|[A-Za-z][\w.+-]*)$/,
    'a line of the board is allowed: GPIO17, or "pin 11" by its place on the header',
  );

const input = z.strictObject({
  name: identifier,
  type: z.enum(['button', 'pir']),
  line: lineName,
  /** Whose picture is taken. */
  source: identifier,
  /** By itself: low for a button (it connects the line to ground), high for a PIR. */
  activeLow: z.boolean().optional(),
  bias: z.enum(BIASES).default('as-is'),
  debounce: duration.refine((ms) => ms <= 1000, 'at most 1s is allowed').default(30),
  /** The least time from one capture that it triggers to the next. By itself: 1 s for a button, 30 s for a PIR. */
  pause: duration.optional(),
});

const relay = z.strictObject({
  name: identifier,
  line: lineName,
  /** The sources whose cameras hang on it. */
  sources: z.array(identifier).min(1),
  activeLow: z.boolean().default(false),
  contactAtRest: z.enum(['closed', 'open']).default('closed'),
  off: duration.refine((ms) => ms >= 100 && ms <= 600_000, '100ms to 10m are allowed').default(5_000),
  start: duration.refine((ms) => ms <= 600_000, 'at most 10m is allowed').default(10_000),
  /** The cameras have power while the agent runs. Have they after its end? */
  atEnd: z.enum(['on', 'off']).default('on'),
});

const heater = z
  .strictObject({
    name: identifier,
    line: lineName,
    activeLow: z.boolean().default(false),
    sensor: identifier,
    /** °C. */
    onBelow: z.number().min(-60).max(60),
    offAbove: z.number().min(-60).max(60),
    minimumOn: duration.default(60_000),
    minimumOff: duration.default(60_000),
    /** A temperature older than this is none, and the heater off. */
    stale: duration.default(120_000),
  })
  .refine((h) => h.offAbove > h.onBelow, {
    path: ['offAbove'],
    message: 'a temperature above "onBelow" is allowed: between the two the heater stays as it is',
  });

export const gpioConfig = z.strictObject({
  /** `auto` asks the machine; else the name of a file in hardware/boards. */
  board: z
    .string()
    .refine((name) => name === 'auto' || boardNames().includes(name), {
      error: () => `auto or one of these is allowed: ${boardNames().join(', ')}`,
    })
    .default('auto'),
  /** A board that is not among them. */
  boardFile: z.string().optional(),
  adapter: z.enum(ADAPTERS).default('auto'),
  /** Instead of the board's chip: its label, and for sysfs the number of its line 0. */
  chip: z.string().min(1).max(32).optional(),
  base: z.int().min(0).optional(),
  inputs: z.array(input).max(16).default([]),
});

export const powerConfig = z.strictObject({
  relays: z.array(relay).max(16).default([]),
  heaters: z.array(heater).max(8).default([]),
  led: z.strictObject({ line: lineName, activeLow: z.boolean().default(false) }).optional(),
  /** The program that tells a Raspberry Pi's power flags; where it is absent there are none. */
  vcgencmd: z.string().min(1).default('vcgencmd'),
});

const channel = (known: (name: string) => boolean, examples: string) =>
  z.string().refine(known, `a channel of the kernel's is allowed: ${examples}`);
const sensor = z.discriminatedUnion('type', [
  z.strictObject({
    name: identifier,
    type: z.literal('hwmon'),
    /** The text in its file `name`; several with one name are `name:1`, `name:2`. */
    device: z.string().min(1).max(64),
    channel: channel(isHwmonChannel, 'temp1, humidity1, in0, curr1, power1, fan1').default('temp1'),
  }),
  z.strictObject({
    name: identifier,
    type: z.literal('iio'),
    device: z.string().min(1).max(64),
    channel: channel(isIioChannel, 'temp, humidityrelative, pressure, illuminance, voltage0').default('temp'),
  }),
  z.strictObject({
    name: identifier,
    type: z.literal('one-wire'),
    id: z.string().regex(/^[0-9a-f]{2}-[0-9a-f]{12}$/, 'a folder of /sys/bus/w1/devices is allowed: 28-3c01d607a1b2'),
  }),
]);

export const sensorsConfig = z.strictObject({
  every: duration.refine((ms) => ms >= 1000, 'one second or more is allowed').default(30_000),
  /** Days whose lines are kept. */
  keepDays: z.int().min(1).max(10_000).default(400),
  list: z.array(sensor).min(1).max(32),
});

export type GpioConfig = z.infer<typeof gpioConfig>;
export type PowerConfig = z.infer<typeof powerConfig>;
export type SensorsConfig = z.infer<typeof sensorsConfig>;

/** What joins the three blocks to each other and to the sources. */
type Blocks = {
  gpio?: GpioConfig | undefined;
  power?: PowerConfig | undefined;
  sensors?: SensorsConfig | undefined;
  sources: { name: string; recovery?: { settle: number; usbOff: number } | undefined }[];
};

/** What a recovery's rung may take besides the times that are configured for it. */
const RUNG_GRACE_MS = 60_000;
type Fault = { path: (string | number)[]; message: string };

/** Every line that the blocks name, with where. */
export function linesNamed({ gpio, power }: Blocks): { path: (string | number)[]; line: string }[] {
  return [
    ...(gpio?.inputs ?? []).map(({ line }, i) => ({ path: ['gpio', 'inputs', i, 'line'], line })),
    ...(power?.relays ?? []).map(({ line }, i) => ({ path: ['power', 'relays', i, 'line'], line })),
    ...(power?.heaters ?? []).map(({ line }, i) => ({ path: ['power', 'heaters', i, 'line'], line })),
    ...(power?.led ? [{ path: ['power', 'led', 'line'], line: power.led.line }] : []),
  ];
}

/** What is wrong between the blocks: names that lead nowhere, lines that are used twice or that a named board does not give. */
export function powerFaults(blocks: Blocks): Fault[] {
  const { gpio, power, sensors, sources } = blocks;
  const faults: Fault[] = [];
  const add = (path: Fault['path'], message: string) => faults.push({ path, message });
  const known = (names: string[]) => names.join(', ') || '(none is configured)';

  const sourceNames = sources.map((s) => s.name);
  const knownSource = (path: Fault['path'], name: string) => {
    if (!sourceNames.includes(name)) add(path, `no source has the name "${name}"; allowed: ${known(sourceNames)}`);
  };
  gpio?.inputs.forEach((i, n) => {
    knownSource(['gpio', 'inputs', n, 'source'], i.source);
  });
  const powered = new Set<string>();
  power?.relays.forEach((r, n) => {
    r.sources.forEach((name, m) => {
      const path = ['power', 'relays', n, 'sources', m];
      knownSource(path, name);
      if (powered.has(name)) add(path, `source "${name}" hangs on a relay already; one is allowed`);
      powered.add(name);
      const recovery = sources.find((s) => s.name === name)?.recovery;
      if (recovery === undefined) return;
      const atMostMs = recovery.settle + recovery.usbOff + RUNG_GRACE_MS;
      if (r.off + r.start <= atMostMs) return;
      const rule = `"off" and "start" together of at most ${atMostMs / 1000}s are allowed, or a longer "recovery.settle" of "${name}"`;
      add(['power', 'relays', n, 'start'], rule);
    });
  });
  const sensorNames = sensors?.list.map((s) => s.name) ?? [];
  power?.heaters.forEach((h, n) => {
    const of = sensors?.list.find((s) => s.name === h.sensor);
    const path = ['power', 'heaters', n, 'sensor'];
    if (of === undefined) add(path, `no sensor has the name "${h.sensor}"; allowed: ${known(sensorNames)}`);
    else if (of.type !== 'one-wire' && !of.channel.startsWith('temp'))
      add(path, `sensor "${h.sensor}" measures no temperature; one with channel temp… is allowed`);
  });
  for (const [path, names] of [
    [['gpio', 'inputs'], gpio?.inputs.map((i) => i.name)],
    [['power', 'relays'], power?.relays.map((r) => r.name)],
    [['power', 'heaters'], power?.heaters.map((h) => h.name)],
    [['sensors', 'list'], sensorNames],
  ] as const) {
    names?.forEach((name, n) => {
      if (names.indexOf(name) < n) add([...path, n, 'name'], `the name "${name}" is taken; another one is allowed`);
    });
  }

  // Without the machine at hand, `auto` is looked at when its lines are opened.
  let board: Board | undefined;
  if (gpio?.boardFile === undefined && gpio !== undefined && boardNames().includes(gpio.board))
    board = knownBoard(gpio.board);
  faults.push(...lineFaults(linesNamed(blocks), board));
  return faults;
}

/** Lines that the board does not have or give away, and lines that are named twice. Without a board, names alone are compared. */
export function lineFaults(named: { path: (string | number)[]; line: string }[], board: Board | undefined): Fault[] {
  const taken = new Map<string, string>();
  return named.flatMap(({ path, line }) => {
    let own = line;
    if (board) {
      try {
        own = lineOf(board, line).name;
      } catch (error) {
        return [{ path, message: messageOf(error) }];
      }
    }
    const before = taken.get(own);
    taken.set(own, path.join('.'));
    return before === undefined
      ? []
      : [{ path, message: `line "${line}" is used by "${before}"; a free one is allowed` }];
  });
}
