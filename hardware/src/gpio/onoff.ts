import { createRequire } from 'node:module';
import { VigieError } from '@vigie/shared/kit/errors';
import type { Gpio as OnoffLine } from 'onoff';
import type { Bias, Edge, Gpio, InputRequest, OutputRequest } from './gpio.ts';
import { gpioError } from './gpio-errors.ts';
import { chipByLabel, sysfsChips } from './sysfs-chip.ts';

/**
 * GPIO through the npm package onoff: `/sys/class/gpio` and epoll. Lines keep the pulls that the machine was booted with. A line that
 * another program has exported through sysfs cannot be told from a free one; one that a driver holds is `gpio-busy`.
 *
 * The add-on is loaded here, when lines are wanted, and not by machines that have none.
 */
export function createOnoffGpio(options: {
  /** The chip's label. */
  chip: string;
  /** The number of the chip's line 0, where it is not to be looked up. */
  base?: number | undefined;
}): Gpio {
  const base = options.base ?? chipByLabel(sysfsChips(), options.chip).base;
  const { Gpio: Line } = createRequire(import.meta.url)('onoff') as typeof import('onoff');
  const held = new Map<number, OnoffLine>();
  const name = (line: number) => `open line ${line} of ${JSON.stringify(options.chip)}`;

  function open(line: number, make: (number: number) => OnoffLine): OnoffLine {
    if (held.has(line)) throw gpioError(name(line), Object.assign(new Error('open already'), { code: 'EBUSY' }));
    try {
      const opened = make(base + line);
      held.set(line, opened);
      return opened;
    } catch (error) {
      throw gpioError(name(line), error);
    }
  }
  function close(line: number, opened: OnoffLine): void {
    if (held.get(line) !== opened) return;
    held.delete(line);
    opened.unexport();
  }

  return {
    description: `onoff, ${options.chip} from ${base}`,
    setsBias: false,
    openInput(request) {
      refuseBias(name(request.line), request.bias);
      const { line, activeLow, debounceMs } = request;
      // While bounces are waited out, onoff sees one kind of edge only: the level before is needed to tell what has changed.
      const edge = debounceMs > 0 ? 'both' : EDGES[request.edge];
      const opened = open(
        line,
        (number) =>
          new Line(number, 'in', edge, { activeLow, debounceTimeout: debounceMs, reconfigureDirection: true }),
      );
      const tell = debounceMs > 0 ? onlyChanges(opened.readSync() === 1, request) : request.changed;
      opened.watch((error, value) => {
        if (!error) return tell(value === 1);
        opened.unwatchAll();
        request.failed(gpioError(`watch line ${line} of ${JSON.stringify(options.chip)}`, error));
      });
      return {
        read: () => opened.readSync() === 1,
        [Symbol.dispose]: () => close(line, opened),
      };
    },
    openOutput({ line, activeLow, initiallyActive }: OutputRequest) {
      // The direction's names mean the voltage, whatever level is the active one. Source: the kernel's gpio-sysfs.c.
      const direction = initiallyActive === activeLow ? 'low' : 'high';
      const opened = open(line, (number) => new Line(number, direction, 'none', { activeLow }));
      let active = initiallyActive;
      return {
        get active() {
          return active;
        },
        set(next) {
          try {
            opened.writeSync(next ? 1 : 0);
          } catch (error) {
            throw gpioError(`set line ${line} of ${JSON.stringify(options.chip)}`, error);
          }
          active = next;
        },
        [Symbol.dispose]: () => close(line, opened),
      };
    },
    [Symbol.dispose]() {
      for (const [line, opened] of held) close(line, opened);
    },
  };
}

const EDGES = { activated: 'rising', deactivated: 'falling', both: 'both' } as const satisfies Record<Edge, string>;

function onlyChanges(before: boolean, { edge, changed }: Pick<InputRequest, 'edge' | 'changed'>) {
  let last = before;
  return (active: boolean) => {
    if (active === last) return;
    last = active;
    if (edge === 'both' || (edge === 'activated') === active) changed(active);
  };
}

function refuseBias(what: string, bias: Bias): void {
  if (bias === 'as-is') return;
  throw new VigieError('gpio-unsupported', `${what} with bias "${bias}": sysfs cannot set a pull; "as-is" is allowed`, {
    hint: 'Set the pull at boot (config.txt: gpio=17=ip,pu), fit a resistor, or take "adapter: character-device".',
  });
}
