import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jpegPicture } from '../picture.ts';
import { tempFolder } from '../temp.ts';

/** A Raspberry Pi camera without hardware: `still.mjs` under the name of the program. */
export type StandIn = {
  /** Its path, for `command`. */
  command: string;
  folder: string;
  jpeg: Buffer;
  dng: Buffer;
  fault(fault: Fault | 'none'): Promise<void>;
  /** Every run so far. */
  runs(): Promise<{ pid: number; args: string[] }[]>;
};
export type Fault =
  | 'absent'
  | 'busy'
  | 'memory'
  | 'crash'
  | 'exit'
  | 'hang'
  | 'no-frames'
  | 'empty'
  | 'half'
  | 'no-raw'
  | `slow ${number}`;

/** A stand-in of this test's own; `name` is that of the program. `isDirect` lets no shell stand between the two. */
export async function rpicamStandIn(name = 'rpicam-still', isDirect = false): Promise<StandIn> {
  const folder = await tempFolder();
  const bin = join(folder, 'bin');
  const command = join(bin, name);
  await mkdir(bin);
  const jpeg = await jpegPicture();
  const dng = dngFile();
  await writeFile(join(folder, 'picture.jpg'), jpeg);
  await writeFile(join(folder, 'picture.dng'), dng);
  // A shell that stays, as people's own scripts do: what is stopped must be the program below it.
  const script = join(import.meta.dirname, 'still.mjs');
  const run = `'${process.execPath}' '${script}' "$@"`;
  await writeFile(command, `#!/bin/sh\nexport STAND_IN='${folder}'\n${isDirect ? `exec ${run}` : `${run}\nexit $?`}\n`);
  await chmod(command, 0o755);
  return {
    command,
    folder,
    jpeg,
    dng,
    async fault(fault) {
      if (fault === 'none') await rm(join(folder, 'fault'), { force: true });
      else await writeFile(join(folder, 'fault'), fault);
    },
    async runs() {
      const text = await readFile(join(folder, 'runs'), 'utf8').catch(() => '');
      return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
    },
  };
}

/** A TIFF with the tag DNGVersion, and bytes after it. Source: Digital Negative Specification 1.7, chapter 4. */
function dngFile(): Buffer {
  const head = Buffer.from('49492a0008000000010012c60100040000000107000000000000', 'hex');
  return Buffer.concat([head, Buffer.alloc(20_000, 7)]);
}
