import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readAgentConfig } from '@vigie/agent/config';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { tempFolder } from '../../support/temp.ts';

/** What an agent's configuration is refused for, '' for nothing; `drops/link` leads to `drops/gate`. */
async function refusal(sources: object[], more: object = {}): Promise<string> {
  const folder = await tempFolder();
  await mkdir(join(folder, 'drops/gate'), { recursive: true });
  await symlink('gate', join(folder, 'drops/link'));
  const file = join(folder, 'agent.yaml');
  await writeFile(file, stringify({ device: 'cam-1', dataFolder: 'data', sources, ...more }));
  try {
    readAgentConfig(file);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

const drops = (name: string, path: string, depth?: number) => ({
  name,
  camera: { type: 'folder', path, ...(depth !== undefined && { depth }) },
});
const plain = (name: string, path?: string) => ({
  name,
  camera: { type: 'test-picture' },
  ...(path !== undefined && { watchedFolder: { path } }),
});
const endpoint = (path: string) => ({
  endpoints: [{ name: 'sort', path, operation: { type: 'exec', program: 'true', args: [] } }],
});

test.each([
  ['the same path', [drops('a', 'drops/gate'), drops('b', 'drops/gate')], 'in fact the folder that source "a"'],
  ['the same, written otherwise', [drops('a', 'drops/gate'), drops('b', './drops/gate/')], 'in fact'],
  ['the same, by a link', [drops('a', 'drops/gate'), drops('b', 'drops/link')], 'in fact'],
  ['one inside the other', [drops('a', 'drops'), drops('b', 'drops/gate')], 'inside the folder that source "a"'],
  ['one around the other', [drops('a', 'drops/gate'), drops('b', 'drops')], 'around the folder that source "a"'],
  ['a watched folder', [plain('a', 'watched'), drops('b', 'watched')], 'in fact the watched folder of source a'],
  [
    'the result of a source',
    [plain('a'), drops('b', 'data/sources/a/result')],
    'inside the watched folder of source a',
  ],
  ['its own watched folder', [plain('a'), drops('b', 'data/sources/b/input')], 'inside the watched folder of source b'],
  ['around watched folders', [plain('a'), drops('b', 'data')], 'around the watched folder of source a'],
])('a folder camera is refused, with file, line and key: %s', async (_, sources, message) => {
  const told = await refusal(sources);
  expect(told).toContain(message);
  expect(told).toMatch(/agent\.yaml:\d+\S* .*sources\.1\.camera\.path/);
});

test('the watched folder of an endpoint is refused, and what it puts down may be taken', async () => {
  expect(await refusal([drops('a', 'sorted/input')], endpoint('sorted'))).toContain(
    'inside the watched folder of endpoint "sort"',
  );
  expect(await refusal([drops('a', 'sorted/result')], endpoint('sorted'))).toBe('');
});

test('folders side by side, and those that are too deep to be looked into, are allowed', async () => {
  expect(await refusal([drops('a', 'drops/gate'), drops('b', 'drops/gate-2')])).toBe('');
  expect(await refusal([drops('a', 'drops', 0), drops('b', 'drops/gate')])).toBe('');
  expect(await refusal([plain('a'), drops('b', 'data/drops'), drops('c', '.', 0)])).toBe('');
});
