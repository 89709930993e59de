import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openFolder, StartError } from '../../scripts/start/folder.ts';
import { keptPorts } from '../../scripts/start/ports.ts';
import { tempFolder } from '../support/temp.ts';

test('a folder is open once at a time', async () => {
  const root = join(await tempFolder(), 'kept');
  const first = openFolder(root, false);
  expect(() => openFolder(root, false)).toThrow(StartError);
  expect(() => openFolder(root, true)).toThrow(`process ${process.pid} runs there already`);
  first[Symbol.dispose]();
  openFolder(root, false)[Symbol.dispose]();
});

test('what a killed start left behind is taken over, also where its process id has come again', async () => {
  const root = join(await tempFolder(), 'kept');
  mkdirSync(root);
  const other = spawn('sleep', ['60']);
  onTestFinished(() => void other.kill('SIGKILL'));
  for (const owner of ['4194305 17', `${other.pid} 1`, '']) {
    writeFileSync(join(root, 'lock'), owner);
    openFolder(root, false)[Symbol.dispose]();
  }
  expect(existsSync(join(root, 'lock'))).toBe(false);
});

test('reset empties what this command made, and nothing else', async () => {
  const root = join(await tempFolder(), 'kept');
  const folder = openFolder(root, false);
  await keptPorts(folder);
  folder[Symbol.dispose]();
  openFolder(root, true)[Symbol.dispose]();
  expect(existsSync(folder.file('ports.json'))).toBe(false);

  const foreign = await tempFolder();
  writeFileSync(join(foreign, 'thesis.txt'), 'mine');
  expect(() => openFolder(foreign, true)).toThrow('it was not made by this command');
  expect(readFileSync(join(foreign, 'thesis.txt'), 'utf8')).toBe('mine');
});

test('ports are free ones and stay the same', async () => {
  const folder = openFolder(join(await tempFolder(), 'kept'), false);
  onTestFinished(() => folder[Symbol.dispose]());
  const ports = await keptPorts(folder);
  expect(new Set(Object.values(ports)).size).toBe(3);
  expect(await keptPorts(folder)).toEqual(ports);
});
