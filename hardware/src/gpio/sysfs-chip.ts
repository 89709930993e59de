import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError, VigieError } from '@vigie/shared/kit/errors';

/** A chip as `/sys/class/gpio` shows it: line N of it has the number `base + N`. */
export type SysfsChip = { label: string; base: number; lines: number };

/**
 * The chips below a sysfs folder, by base. A base moves from kernel to kernel (0, 512, 522, 571 on Raspberry Pis), and boards have
 * several chips: it is the label that says which one is meant. Empty where the kernel has no sysfs interface.
 */
export function sysfsChips(root = '/sys/class/gpio'): SysfsChip[] {
  const read = (folder: string, name: string) => readFileSync(join(root, folder, name), 'utf8').trim();
  return foldersIn(root)
    .filter((folder) => folder.startsWith('gpiochip'))
    .map((folder) => ({
      label: read(folder, 'label'),
      base: Number(read(folder, 'base')),
      lines: Number(read(folder, 'ngpio')),
    }))
    .sort((a, b) => a.base - b.base);
}

/** The chip with a label; where several have it, the one with the most lines, as Raspberry Pi 5's header chip has. */
export function chipByLabel<C extends { label: string; lines: number }>(chips: C[], label: string): C {
  const chip = chips.filter((c) => c.label === label).sort((a, b) => b.lines - a.lines)[0];
  if (chip) return chip;
  const known = chips.map((c) => JSON.stringify(c.label)).join(', ') || 'none';
  throw new VigieError('gpio-absent', `find GPIO chip ${JSON.stringify(label)}: there is none; ${known} exist`, {
    hint: 'Set "gpio.board" to this board, or "gpio.chip" to one of these labels.',
  });
}

function foldersIn(root: string): string[] {
  try {
    return readdirSync(root);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}
