import { codeOf, messageOf, VigieError } from '@vigie/shared/kit/errors';

/** What a system call's error means for a line, with what to do about it. `what` is the action: `open line 17 of "pinctrl-rp1"`. */
export function gpioError(what: string, error: unknown, holder?: string): VigieError {
  if (error instanceof VigieError) return error;
  const because = (code: string, is: string, hint: string, retryable = false) =>
    new VigieError(code, `${what}: ${is}`, { cause: error, hint, retryable });
  switch (codeOf(error)) {
    case 'EBUSY':
      return because(
        'gpio-busy',
        holder === undefined ? 'something else holds it' : `${JSON.stringify(holder)} holds it`,
        'Choose another line, or switch off the driver or program that holds it: "gpioinfo" names it.',
        true,
      );
    case 'EACCES':
    case 'EPERM':
      return because(
        'gpio-permission',
        'this user may not',
        'Add the user to the group "gpio", or give /dev/gpiochip* and /sys/class/gpio to a group of his by a udev rule.',
      );
    case 'EINVAL':
    case 'ENXIO':
      return because(
        'gpio-no-line',
        'the chip has no such line',
        'Take a line that the board has: hardware/boards lists them. Where the base is set by hand, look it up again.',
      );
    case 'ENOENT':
    case 'ENODEV':
      return because(
        'gpio-absent',
        'it is not there',
        'Is this the right board? /sys/class/gpio and /dev/gpiochip* show what the kernel has.',
      );
    default:
      return because('gpio-failed', messageOf(error), 'The kernel log ("dmesg") may say more.', true);
  }
}
