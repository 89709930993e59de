import { openBootPartition } from '../first-boot/boot-partition.ts';
import { type FirstBoot, firstBoot } from '../first-boot/first-boot.ts';
import { openSettingsStore } from '../first-boot/settings-store.ts';

const SAID: Record<FirstBoot, string> = {
  absent: 'vigie.yaml: there are no settings in it',
  unchanged: 'vigie.yaml: unchanged',
  applied: 'vigie.yaml: applied',
  refused: 'vigie.yaml: it has mistakes, see vigie-error.txt beside it',
};

/** `vigie-agent first-boot`: see `first-boot/first-boot.ts`. Exit code 1 where the file has mistakes. */
export async function firstBootCommand(folders: { boot: string; data: string }): Promise<number> {
  const became = await firstBoot(openBootPartition(folders.boot), openSettingsStore(folders.data));
  process.stdout.write(`${SAID[became]}\n`);
  return became === 'refused' ? 1 : 0;
}
