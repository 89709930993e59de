import { existsSync } from 'node:fs';
import { VigieError } from '@vigie/shared/kit/errors';
import { createCharacterDeviceGpio, deviceNames } from './character-device.ts';
import type { Gpio } from './gpio.ts';
import { createOnoffGpio } from './onoff.ts';

export const ADAPTERS = ['auto', 'onoff', 'character-device'] as const;
export type AdapterChoice = (typeof ADAPTERS)[number];

/** What of the kernel's two interfaces this machine has. */
export type GpioInterfaces = { sysfs: boolean; devices: boolean };

/**
 * The adapter to take. By itself: onoff where the kernel has sysfs, unless a pull is to be set, which sysfs cannot; the character device
 * else. What is asked for by name is taken, and fails by itself where it is not there.
 */
export function chooseAdapter(
  choice: AdapterChoice,
  { sysfs, devices }: GpioInterfaces,
  setsBias: boolean,
): 'onoff' | 'character-device' {
  if (choice !== 'auto') return choice;
  if (devices && (setsBias || !sysfs)) return 'character-device';
  if (sysfs) return 'onoff';
  throw new VigieError('gpio-absent', 'open GPIO: the kernel shows neither /sys/class/gpio nor /dev/gpiochip*', {
    hint: 'This machine has no GPIO lines, or their driver is not loaded.',
  });
}

/** @param options.setsBias will a line's pull be set? */
export function openGpio(options: {
  adapter: AdapterChoice;
  chip: string;
  base?: number | undefined;
  setsBias: boolean;
}): Gpio {
  const { adapter, chip, base, setsBias } = options;
  const interfaces = { sysfs: existsSync('/sys/class/gpio/export'), devices: deviceNames().length > 0 };
  return chooseAdapter(adapter, interfaces, setsBias) === 'onoff'
    ? createOnoffGpio({ chip, base })
    : createCharacterDeviceGpio({ chip });
}
