import { execFile } from 'node:child_process';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { isSystemError, messageOf } from '@vigie/shared/kit/errors';
import { ownPart } from '@vigie/shared/kit/own-part';
import { type Finding, mend, ok, word } from './finding.ts';

export type FontCheckOptions = {
  /** The TrueType file that legends are drawn with. */
  fontFile: string;
  /** The family by which a drawing asks for it. */
  family: string;
};

const LIMIT_MS = 20_000;

/** How TrueType and OpenType files begin. Source: the OpenType specification, "Organization of an OpenType Font". */
const BEGINNINGS = ['00010000', '4f54544f', '74727565', '74746366'];

/** Can legends be read? A machine without the font draws boxes and says nothing. */
export async function checkFont({ fontFile, family }: FontCheckOptions, signal: AbortSignal): Promise<Finding[]> {
  const fix = `git restore --source=HEAD -- ${word(fontFile)} || ls -l ${word(fontFile)} # the file belongs to the agent: install it anew`;
  try {
    await using file = await open(fontFile);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    if (!BEGINNINGS.includes(buffer.toString('hex', 0, bytesRead))) {
      return [mend('font-damaged', `"${fontFile}" is no TrueType file`, fix)];
    }
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES')) throw error;
    return [mend('font-absent', `the font of the legends cannot be read: ${messageOf(error)}`, fix)];
  }
  const part = ownPart('font', new URL('./font-child.ts', import.meta.url));
  const settings = { timeout: LIMIT_MS, killSignal: 'SIGKILL' as const, signal };
  const args = [...part.args, fontFile, family, 'IIII', 'WWWW'];
  const { stdout } = await promisify(execFile)(part.command, args, settings);
  const [left, right] = stdout.split('\n');
  // Letters that the font does not have become boxes, which are all alike.
  if (left === right) return [mend('font-boxes', `"${fontFile}" draws every letter alike`, fix)];
  return [ok('font', `legends can be drawn with "${fontFile}"`)];
}
