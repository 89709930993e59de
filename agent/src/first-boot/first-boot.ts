import { ConfigError } from '@vigie/shared/kit/yaml-config';
import { LineCounter, parseDocument } from 'yaml';
import type { BootPartition } from './boot-partition.ts';
import { filesOf, secretsOf } from './device-files.ts';
import { type DeviceSettings, readDeviceSettings } from './device-settings.ts';
import { wipedText } from './secrets.ts';
import { digest, type SettingsStore } from './settings-store.ts';

/** `absent`: there is no `vigie.yaml`; `unchanged`: it was looked at already; `refused`: it has mistakes, and nothing was changed. */
export type FirstBoot = 'absent' | 'unchanged' | 'applied' | 'refused';

/**
 * Reads `vigie.yaml` where it has changed, and makes its settings those of the device; its secrets are wiped from it afterwards. A mistake is
 * told in `vigie-error.txt`, and the device goes on with what it had. May be broken off at any point, and then begins anew: only the last
 * step says that the file was seen.
 */
export async function firstBoot(boot: BootPartition, store: SettingsStore): Promise<FirstBoot> {
  const bytes = await boot.read();
  if (bytes === undefined) return 'absent';
  if ((await store.seen()) === digest(bytes)) return 'unchanged';
  const read = decided(bytes, await store.secrets());
  if (read === 'empty') {
    await boot.clearError();
    await store.noteSeen(bytes);
    return 'absent';
  }
  if ('mistakes' in read) {
    await boot.tellError(errorText(read.mistakes));
    await store.noteSeen(bytes);
    return 'refused';
  }
  const { settings, text } = read;
  if (settings.token !== undefined) await store.putToken(settings.token);
  await store.put(filesOf(settings), secretsOf(settings));
  // From here on the secrets are safe on the data partition.
  const wiped = Buffer.from(wipedText(text));
  if (!wiped.equals(bytes)) await boot.overwrite(wiped);
  await boot.clearError();
  await store.noteSeen(wiped);
  await store.forgetOthers();
  return 'applied';
}

const NO_YAML =
  'from here on it cannot be read; keys of one level begin at one column (spaces, no tabs), and a space follows each ":"';

type Decided = 'empty' | { mistakes: string } | { settings: DeviceSettings; text: string };

function decided(bytes: Uint8Array, kept: Record<string, string>): Decided {
  let text: string;
  try {
    // A mark at its beginning stays: the text goes back with as many bytes.
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { mistakes: 'vigie.yaml:1: (whole file): it is not UTF-8; save it with the encoding UTF-8' };
  }
  // The image comes with remarks alone.
  if (text.split('\n').every((line) => /^\s*(#.*)?$/.test(line))) return 'empty';
  const noYaml = firstSyntaxLine(text);
  if (noYaml !== undefined) return { mistakes: `vigie.yaml:${noYaml}: ${NO_YAML}` };
  try {
    return { settings: readDeviceSettings(text, kept), text };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { mistakes: error.message };
  }
}

/** What the parser says of it would quote what stands there, which may be a secret, and go on to the end of the file. */
function firstSyntaxLine(text: string): number | undefined {
  const lines = new LineCounter();
  const [error] = parseDocument(text, { lineCounter: lines, prettyErrors: false }).errors;
  return error && lines.linePos(error.pos[0]).line;
}

/** In the words of a person who has only the card in hand. */
export function errorText(mistakes: string): string {
  const lines = mistakes
    .split('\n')
    .map((line) =>
      line.replace(/^vigie\.yaml:(\d+): (?:\(whole file\): )?/, (_, number: string) => `Line ${number}: `),
    );
  return [
    'vigie.yaml could not be used, so nothing was changed: the device goes on with the settings that it had.',
    '',
    ...lines,
    '',
    'Mend these lines, save the file, and start the device again. This text goes away when all is well.',
    '',
  ].join('\n');
}
