import { join } from 'node:path';
import { type Board, boardOfThisMachine, knownBoard, lineOf, readBoardFile } from '@vigie/hardware/gpio/board';
import type { Gpio, InputLine } from '@vigie/hardware/gpio/gpio';
import { openGpio } from '@vigie/hardware/gpio/open';
import { openHeater } from '@vigie/hardware/power/heater';
import type { PowerFlag } from '@vigie/hardware/power/power-flags';
import { openRelay, type PowerCycle } from '@vigie/hardware/power/relay';
import { type LedCondition, openStatusLed } from '@vigie/hardware/power/status-led';
import { openSensor, type SensorRoots } from '@vigie/hardware/sensor/open';
import type { Clock } from '@vigie/shared/kit/clock';
import { messageOf, VigieError } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { ConfigError } from '@vigie/shared/kit/yaml-config';
import type { PowerState, SensorState } from '@vigie/shared/protocol/power-state';
import { createFitting, type Fitting } from './fitting.ts';
import { createFlagWatch } from './flag-watch.ts';
import { createLight } from './light.ts';
import {
  type GpioConfig,
  gpioConfig,
  lineFaults,
  linesNamed,
  type PowerConfig,
  powerConfig,
  type SensorsConfig,
} from './power-config.ts';
import { createReadings } from './readings.ts';
import { createSensorLines, type SensorLines } from './sensor-lines.ts';
import { createTrigger, type Trigger } from './trigger.ts';

/** Inputs that trigger captures, relays, heaters, the light, sensors and power flags of one device. */
export type Power = Disposable & {
  /** The power cycle of the relay that a source's camera hangs on; undefined where it hangs on none. */
  cycleFor(source: string): PowerCycle | undefined;
  /** Keeps what the sensors said beside a file that was captured. It holds up nothing, and ends when the line is on disk. */
  captured(source: string, file: string, at: number): Promise<void>;
  /** For the state message; undefined where nothing of it is configured. */
  state(): { power?: PowerState; sensors?: SensorState[] };
  /** Something has changed that the light may show. */
  touch(): void;
  run(signal: AbortSignal): Promise<void>;
};

export type PowerOptions = {
  gpio?: GpioConfig | undefined;
  power?: PowerConfig | undefined;
  sensors?: SensorsConfig | undefined;
  sources: { name: string; zone: string }[];
  dataFolder: string;
  /** Takes a picture of a source now. */
  capture: (source: string, at: number) => Promise<unknown>;
  /** An input asks for a picture: told before it is taken. */
  triggered: (input: string, source: string) => void;
  /** Power flags have changed: those that hold now. */
  flagsChanged: (flags: PowerFlag[]) => void;
  changed: () => void;
  /** What the light is to show. */
  condition: () => LedCondition;
  clock: Clock;
  log: Log;
  /** Other than `/sys`. */
  sensorRoots?: SensorRoots;
  /** How a board is known, and how its lines are reached; the machine's own where absent. */
  machine?: { board: () => Board; openGpio: typeof openGpio };
};

const RETRY_EVERY_MS = 60_000;
const SENSOR_LIMIT_MS = 10_000;
const HEATERS_LOOK_EVERY_MS = 1_000;
const BUTTON_PAUSE_MS = 1_000;
const PIR_PAUSE_MS = 30_000;

/** Opens what it can. Throws a ConfigError for lines that the board does not give. */
export function openPower(options: PowerOptions): Power {
  const { sensors, clock, log } = options;
  const gpio = options.gpio ?? gpioConfig.parse({});
  const power = options.power ?? powerConfig.parse({});
  using undo = new DisposableStack();

  const named = linesNamed({ gpio, power, sources: options.sources });
  const board = named.length === 0 ? undefined : boardFor(gpio, options.machine?.board);
  const faults = lineFaults(named, board);
  if (faults.length > 0) throw new ConfigError(faults.map((f) => `${f.path.join('.')}: ${f.message}`).join('\n'));
  const lineNumber = (name: string) => lineOf(board as Board, name).line;

  /** The chip is opened with the first line that needs it. */
  let chip: Gpio | undefined;
  const lines = (): Gpio => {
    chip ??= (options.machine?.openGpio ?? openGpio)({
      adapter: gpio.adapter,
      chip: gpio.chip ?? (board as Board).chip,
      base: gpio.base,
      setsBias: gpio.inputs.some((i) => i.bias !== 'as-is'),
    });
    return chip;
  };
  undo.defer(() => chip?.[Symbol.dispose]());

  const fittings: Fitting<Disposable>[] = [];
  const fit = <D extends Disposable>(name: string, open: () => D): Fitting<D> => {
    const fitting = undo.use(createFitting({ name, open, log }));
    fitting.tryOpen();
    fittings.push(fitting);
    return fitting;
  };

  // Outputs first: their safe states come before anything else.
  const relays = power.relays.map((config) => ({
    config,
    fitting: fit(`relay ${config.name}`, () =>
      openRelay({
        gpio: lines(),
        line: lineNumber(config.line),
        activeLow: config.activeLow,
        contactAtRest: config.contactAtRest,
        offMs: config.off,
        startMs: config.start,
        poweredAtEnd: config.atEnd === 'on',
        clock,
      })),
  }));
  const heaters = power.heaters.map((config) => ({
    config,
    fitting: fit(`heater ${config.name}`, () =>
      openHeater({
        gpio: lines(),
        line: lineNumber(config.line),
        activeLow: config.activeLow,
        limits: {
          onBelow: config.onBelow,
          offAbove: config.offAbove,
          minimumOnMs: config.minimumOn,
          minimumOffMs: config.minimumOff,
          staleMs: config.stale,
        },
      })),
  }));
  const { led: ledConfig } = power;
  const led =
    ledConfig &&
    fit('status light', () =>
      openStatusLed({ gpio: lines(), line: lineNumber(ledConfig.line), activeLow: ledConfig.activeLow, clock }));
  const triggers: Trigger[] = gpio.inputs.map((config) => {
    const { name: input, source, type } = config;
    const trigger = createTrigger({
      input,
      source,
      pauseMs: config.pause ?? (type === 'button' ? BUTTON_PAUSE_MS : PIR_PAUSE_MS),
      capture: options.capture,
      triggered: () => options.triggered(input, source),
      clock,
      log,
    });
    const fitting = fit<InputLine>(`${type} ${input}`, () =>
      lines().openInput({
        line: lineNumber(config.line),
        activeLow: config.activeLow ?? type === 'button',
        bias: config.bias,
        edge: 'activated',
        debounceMs: config.debounce,
        changed: () => trigger.fire(),
        failed: (error) => fitting.lost(error),
      }));
    return trigger;
  });

  // Sensors and flags.
  const readings = createReadings({
    sensors: (sensors?.list ?? []).map((config) => openSensor(config, options.sensorRoots)),
    limitMs: SENSOR_LIMIT_MS,
    clock,
    log,
  });
  const written = new Map<string, SensorLines>(
    options.sources.map(({ name, zone }) => [
      name,
      createSensorLines({
        folder: join(options.dataFolder, 'sensors', name),
        zone,
        keepDays: sensors?.keepDays ?? 400,
        log,
      }),
    ]),
  );
  const flags = createFlagWatch({ program: power.vcgencmd, changed: options.flagsChanged, clock, log });

  async function every(ms: number, signal: AbortSignal, act: () => Promise<void> | void): Promise<void> {
    for (; !signal.aborted; await clock.sleep(ms, signal)) await act();
  }

  function lookAtHeaters(): void {
    for (const { config, fitting } of heaters) {
      const newest = readings.newest(config.sensor);
      const reading = newest && { celsius: newest.value, monotonicMs: newest.monotonicMs };
      const before = fitting.device?.on;
      try {
        const state = fitting.device?.look(reading, clock.monotonic());
        if (state === undefined || state.on === before) continue;
        log.info(
          { heater: config.name, on: state.on, because: state.because, celsius: newest?.value },
          'a heater switches',
        );
        options.changed();
      } catch (error) {
        log.error({ heater: config.name }, `a heater does not obey: ${messageOf(error)}`);
      }
    }
  }

  const light = led && createLight({ led, condition: options.condition, retryEveryMs: RETRY_EVERY_MS, clock, log });
  const opened = undo.move();
  return {
    cycleFor(source) {
      const relay = relays.find(({ config }) => config.sources.includes(source));
      if (!relay) return undefined;
      return async (signal) => {
        const { device, name } = { device: relay.fitting.require(), name: relay.config.name };
        log.warn({ relay: name, source }, 'a camera loses power for a moment');
        const cycle = device.cycle(signal);
        options.changed();
        try {
          await cycle;
        } finally {
          options.changed();
        }
      };
    },
    async captured(source, file, at) {
      const values = readings
        .states()
        .flatMap(({ error: _, value, at: readAt, ...sensor }) =>
          value === null || readAt === null ? [] : [{ ...sensor, value, at: readAt }],
        );
      if (values.length === 0 && flags.now() === undefined) return;
      await written.get(source)?.add({ at, file, sensors: values, power: flags.now() ?? null });
    },
    state: () => ({
      ...(sensors && { sensors: readings.states() }),
      ...((named.length > 0 || flags.now() !== undefined) && {
        power: {
          flags: flags.now() ?? null,
          relays: relays.map(({ config: { name, sources }, fitting: { device } }) => ({
            name,
            sources,
            powered: device?.powered ?? null,
          })),
          heaters: heaters.map(({ config: { name }, fitting: { device } }) => ({
            name,
            on: device?.on ?? null,
            because: device?.because ?? 'no-temperature',
          })),
          inputs: triggers.map(({ input: name, source, lastAt }) => ({ name, source, lastAt })),
          faults: fittings.flatMap(({ name, fault }) => (fault ? [{ name, ...fault }] : [])),
        },
      }),
    }),
    touch: () => light?.touch(),
    async run(signal) {
      await Promise.all([
        every(RETRY_EVERY_MS, signal, () => {
          for (const fitting of fittings) fitting.tryOpen();
        }),
        sensors && every(sensors.every, signal, () => readings.readAll(signal)),
        heaters.length > 0 && every(HEATERS_LOOK_EVERY_MS, signal, lookAtHeaters),
        flags.run(signal),
        light?.run(signal),
      ]);
    },
    [Symbol.dispose]: () => opened.dispose(),
  };
}

function boardFor(gpio: GpioConfig, asked = boardOfThisMachine): Board {
  if (gpio.boardFile !== undefined) return readBoardFile(gpio.boardFile);
  if (gpio.board !== 'auto') return knownBoard(gpio.board);
  try {
    return asked();
  } catch (error) {
    const hint = error instanceof VigieError && error.hint !== undefined ? `. ${error.hint}` : '';
    throw new ConfigError(`gpio.board: ${messageOf(error)}${hint}`, error);
  }
}
