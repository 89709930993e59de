import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkClock } from '@vigie/agent/doctor/clock-check';
import { checkDirectory } from '@vigie/agent/doctor/directory-check';
import { checkFont } from '@vigie/agent/doctor/font-check';
import { checkPower } from '@vigie/agent/doctor/power-check';
import { checkAddOn, checkProgram } from '@vigie/agent/doctor/program-check';
import { expect, test } from 'vitest';
import { fontFile } from '../../support/font.ts';
import { tempFolder } from '../../support/temp.ts';
import { withoutLetters } from './hollow-font.ts';
import { fixes } from './in-child.ts';

const never = new AbortController().signal;
const AT = Date.UTC(2026, 5, 1);

test('clock: before this version was made, not synchronised, a zone that nobody knows', async () => {
  const clock = {
    now: AT,
    notBefore: AT - 1000,
    synchronised: async () => true as boolean | undefined,
    zones: ['Europe/Paris'],
  };
  expect(fixes(await checkClock(clock))).toEqual({});
  expect(fixes(await checkClock({ ...clock, now: 0 }))).toEqual({
    'clock-in-the-past': expect.stringContaining('set-ntp true'),
  });
  expect(fixes(await checkClock({ ...clock, synchronised: async () => false }))).toEqual({
    'clock-not-synchronised': expect.stringContaining('set-ntp true'),
  });
  const unsure = await checkClock({ ...clock, synchronised: async () => undefined });
  expect(unsure).toContainEqual(expect.objectContaining({ code: 'clock-unsure', state: 'unknown' }));
  expect(fixes(await checkClock({ ...clock, zones: ['Europe/Pairs'] }))).toEqual({
    'zone-unknown': 'timedatectl list-timezones | grep -i Europe/Pairs',
  });
});

test('fonts: the shipped one is well, a missing one, a damaged one, and one that draws boxes where the machine has no other', async () => {
  const check = async (file: string) => fixes(await checkFont({ fontFile: file, family: 'DejaVu Sans' }, never));
  expect(await check(fontFile)).toEqual({});
  const folder = await tempFolder();
  const [missing, damaged] = [join(folder, 'missing.ttf'), join(folder, 'damaged.ttf')];
  await writeFile(damaged, 'not a font');
  expect((await check(missing))['font-absent']).toContain(`ls -l ${missing}`);
  expect((await check(damaged))['font-damaged']).toContain(damaged);
  const hollow = join(folder, 'hollow.ttf');
  await writeFile(hollow, withoutLetters(await readFile(fontFile)));
  await writeFile(join(folder, 'fonts.conf'), '<fontconfig></fontconfig>');
  const before = process.env.FONTCONFIG_FILE;
  process.env.FONTCONFIG_FILE = join(folder, 'fonts.conf');
  try {
    expect(await check(hollow)).toEqual({ 'font-boxes': expect.stringContaining(hollow) });
    expect(await check(fontFile)).toEqual({});
  } finally {
    if (before === undefined) delete process.env.FONTCONFIG_FILE;
    else process.env.FONTCONFIG_FILE = before;
  }
});

test('programs: one that is there, one that is not, one that does not run, and a script that hangs', async () => {
  const about = { versionArgument: '--version', debianPackage: 'ffmpeg', purpose: 'source "door"' };
  expect(await checkProgram({ ...about, commands: ['nothing-of-this-name', 'cp'] }, never)).toMatchObject([
    { code: 'program', message: expect.stringContaining('cp (GNU coreutils)') },
  ]);
  expect(fixes(await checkProgram({ ...about, commands: ['nothing-of-this-name'] }, never))).toEqual({
    'program-absent': 'sudo apt-get install -y ffmpeg',
  });
  const broken = join(await tempFolder(), 'ffmpeg');
  await writeFile(broken, '#!/bin/sh\necho "libx264.so.164: cannot open shared object file" >&2\nexit 127\n');
  await chmod(broken, 0o755);
  const [found] = await checkProgram({ ...about, commands: [broken] }, never);
  expect(found).toMatchObject({
    code: 'program-broken',
    message: expect.stringContaining('libx264'),
    fix: expect.stringContaining('--reinstall'),
  });
  await writeFile(broken, '#!/bin/sh\nexec sleep 60\n');
  expect(fixes(await checkProgram({ ...about, commands: [broken] }, AbortSignal.timeout(300)))).toHaveProperty(
    'program-broken',
  );
});

test('the gphoto2 add-on loads; one that was built for another machine is told, and brings nothing down', async () => {
  const rebuild = 'node scripts/set-up.mjs';
  const child = fileURLToPath(import.meta.resolve('@vigie/agent/doctor/add-on-child'));
  const own = { name: 'gphoto2', load: { command: process.execPath, args: [child] }, rebuild };
  expect(await checkAddOn(own, never)).toMatchObject([{ code: 'add-on', state: 'ok' }]);
  const folder = await tempFolder();
  await writeFile(join(folder, 'foreign.node'), 'not an add-on of this machine');
  await writeFile(join(folder, 'add-on.cjs'), `require('./foreign.node');`);
  const load = { command: process.execPath, args: [join(folder, 'add-on.cjs')] };
  const [found] = await checkAddOn({ ...own, load }, never);
  expect(found).toMatchObject({
    code: 'add-on-broken',
    message: expect.stringContaining('foreign.node'),
    fix: rebuild,
  });
});

test('power: what a Raspberry Pi tells', async () => {
  expect(await checkPower(async () => undefined)).toMatchObject([{ state: 'unknown' }]);
  expect(fixes(await checkPower(async () => []))).toEqual({});
  expect(fixes(await checkPower(async () => ['under-voltage-since-boot']))).toHaveProperty('under-voltage');
  expect(fixes(await checkPower(async () => ['throttled-now']))).toHaveProperty('too-warm');
});

test('a directory destination: there, not there, and no folder', async () => {
  const folder = await tempFolder();
  const seen: string[] = [];
  const check = (root: string) =>
    checkDirectory({
      root,
      async checkFolder(at) {
        seen.push(at);
        return [];
      },
    });
  await mkdir(join(folder, 'archive'));
  await writeFile(join(folder, 'file'), '');
  expect(await check(join(folder, 'archive'))).toEqual([]);
  expect(seen).toEqual([join(folder, 'archive')]);
  expect(fixes(await check(join(folder, 'away')))['directory-absent']).toContain(`mkdir -p ${folder}/away`);
  expect(fixes(await check(join(folder, 'file')))['directory-absent']).toContain('ls -ld');
});
