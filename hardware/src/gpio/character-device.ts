import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';
import { getSystemErrorName } from 'node:util';
import type { Gpio, InputRequest, OutputRequest } from './gpio.ts';
import { gpioError } from './gpio-errors.ts';
import {
  activeIn,
  CHIP_BYTES,
  chipOf,
  consumerOf,
  EVENT_BYTES,
  GET_CHIP,
  GET_LINE,
  GET_LINE_STATE,
  GET_VALUES,
  type LineRequest,
  lineDescriptor,
  lineEvents,
  lineRequest,
  lineStateQuery,
  lineValues,
  SET_VALUES,
} from './line-request.ts';
import { chipByLabel } from './sysfs-chip.ts';

/** Events that one read takes at most. */
const EVENTS_MAX = 16;
const CONSUMER = 'vigie';

/**
 * GPIO through `/dev/gpiochipN`, version 2 of the kernel's interface (Linux 5.10 and later): ioctl by koffi, edges by epoll. The kernel
 * debounces, sets pulls, and gives a line to one holder only; it takes the line back when the process ends, however it ends.
 */
export function createCharacterDeviceGpio(options: { chip: string }): Gpio {
  const { ioctl, Epoll } = loadAddOns();
  const chip = chipByLabel(characterDevices(ioctl), options.chip);
  const open = new Set<Disposable>();

  function request(wanted: LineRequest): number {
    const what = `open line ${wanted.line} of ${JSON.stringify(options.chip)}`;
    const device = openDevice(chip.device);
    try {
      const bytes = lineRequest(wanted);
      const error = ioctl(device, GET_LINE, bytes);
      if (error === undefined) return lineDescriptor(bytes);
      const state = lineStateQuery(wanted.line);
      const holder = error.code === 'EBUSY' && ioctl(device, GET_LINE_STATE, state) === undefined;
      throw gpioError(what, error, holder ? consumerOf(state) || undefined : undefined);
    } finally {
      closeSync(device);
    }
  }
  function opened<L extends Disposable>(line: L): L {
    open.add(line);
    return line;
  }

  return {
    description: `${chip.device}, ${chip.label}`,
    setsBias: true,
    openInput({ line, activeLow, bias, edge, debounceMs, changed, failed }: InputRequest) {
      const fd = request({ direction: 'input', line, activeLow, bias, edge, debounceMs, consumer: CONSUMER });
      // A chip may keep an edge of the time before, and tell it when its interrupt is switched on: it is none of ours. Node's
      // clock here is the kernel's, by which events are stamped.
      const openedAtNs = process.hrtime.bigint();
      const bytes = Buffer.alloc(EVENT_BYTES * EVENTS_MAX);
      const take = (error: Error | null) => {
        if (error) throw error;
        return lineEvents(bytes, readSync(fd, bytes)).filter(({ atNs }) => atNs > openedAtNs);
      };
      const poller = new Epoll((error) => {
        let events: ReturnType<typeof take>;
        try {
          events = take(error);
        } catch (fault) {
          unwatch();
          return failed(gpioError(`watch line ${line} of ${JSON.stringify(options.chip)}`, fault));
        }
        for (const { active } of events) if (!closed) changed(active);
      }).add(fd, Epoll.EPOLLIN);
      let closed = false;
      let watching = true;
      const unwatch = () => {
        if (watching) poller.remove(fd);
        watching = false;
      };
      const input = {
        read() {
          const values = lineValues(false);
          const error = ioctl(fd, GET_VALUES, values);
          if (error) throw gpioError(`read line ${line} of ${JSON.stringify(options.chip)}`, error);
          return activeIn(values);
        },
        [Symbol.dispose]() {
          if (closed) return;
          closed = true;
          open.delete(input);
          unwatch();
          // Not in its own callback, where this may be called: what the callback stands on is freed.
          setImmediate(() => poller.close());
          closeSync(fd);
        },
      };
      return opened(input);
    },
    openOutput({ line, activeLow, initiallyActive }: OutputRequest) {
      const fd = request({ direction: 'output', line, activeLow, initiallyActive, consumer: CONSUMER });
      let active = initiallyActive;
      let closed = false;
      const output = {
        get active() {
          return active;
        },
        set(next: boolean) {
          const error = ioctl(fd, SET_VALUES, lineValues(next));
          if (error) throw gpioError(`set line ${line} of ${JSON.stringify(options.chip)}`, error);
          active = next;
        },
        [Symbol.dispose]() {
          if (closed) return;
          closed = true;
          open.delete(output);
          closeSync(fd);
        },
      };
      return opened(output);
    },
    [Symbol.dispose]() {
      for (const line of open) line[Symbol.dispose]();
    },
  };
}

/** An ioctl with its argument's bytes, which the kernel may change; undefined, or the error that it ended with. */
type Ioctl = (fd: number, request: number, argument: Buffer) => NodeJS.ErrnoException | undefined;

/** Loaded when lines are wanted, and not by machines that have none. */
function loadAddOns(): { ioctl: Ioctl; Epoll: typeof import('epoll').Epoll } {
  const load = createRequire(import.meta.url);
  const { Epoll } = load('epoll') as typeof import('epoll');
  const koffi = load('koffi') as typeof import('koffi').default;
  const call = koffi.load('libc.so.6').func('int ioctl(int fd, unsigned long request, uint8_t *argument)');
  const ioctl: Ioctl = (fd, request, argument) => {
    if ((call(fd, request, argument) as number) >= 0) return undefined;
    const code = getSystemErrorName(-koffi.errno());
    return Object.assign(new Error(`ioctl: ${code}`), { code });
  };
  return { ioctl, Epoll };
}

function openDevice(device: string): number {
  try {
    return openSync(device, 'r+');
  } catch (error) {
    throw gpioError(`open ${JSON.stringify(device)}`, error);
  }
}

/** The chips that the kernel shows as devices, each with its label. */
function characterDevices(ioctl: Ioctl): { device: string; label: string; lines: number }[] {
  return deviceNames().map((device) => {
    const fd = openDevice(device);
    try {
      const bytes = Buffer.alloc(CHIP_BYTES);
      const error = ioctl(fd, GET_CHIP, bytes);
      if (error) throw gpioError(`ask ${JSON.stringify(device)} for its label`, error);
      return { device, ...chipOf(bytes) };
    } finally {
      closeSync(fd);
    }
  });
}

export const deviceNames = (): string[] =>
  readdirSync('/dev')
    .filter((name) => /^gpiochip\d+$/.test(name))
    .map((name) => `/dev/${name}`);
