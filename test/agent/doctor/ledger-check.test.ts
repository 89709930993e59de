import { open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { askLedger, checkLedger } from '@vigie/agent/doctor/ledger-check';
import { expect, test } from 'vitest';
import { testLedger } from '../../support/ledger.ts';
import { tempFolder } from '../../support/temp.ts';
import { fixes, runFix } from './in-child.ts';

const never = new AbortController().signal;

async function set() {
  const folder = await tempFolder();
  const file = join(folder, 'ledger.sqlite');
  const { ledger, file: add } = await testLedger(folder);
  ledger.database.transaction(() => {
    for (let n = 0; n < 300; n++) add(`20261123/${n}.jpg`);
  });
  const check = async () => {
    const asked = askLedger(file, never);
    return checkLedger(file, asked);
  };
  return { file, ledger, check };
}

test('a ledger that the agent is writing: it is whole, and tells what it holds', async () => {
  const { file, check } = await set();
  expect(await check()).toMatchObject([{ code: 'ledger', state: 'ok', message: expect.stringContaining('300 held') }]);
  expect(await askLedger(file, never)).toMatchObject({ faults: [], held: { garden: 300 } });
});

test('damaged pages: the fix puts it aside, whole, so that the agent makes a new one', async () => {
  const { file, ledger, check } = await set();
  ledger.sqlite.pragma('wal_checkpoint(TRUNCATE)');
  const handle = await open(file, 'r+');
  const { size } = await handle.stat();
  for (let page = 4; page * 4096 < size; page += 3)
    await handle.write(Buffer.alloc(2_000, 0xa5), 0, 2_000, page * 4096 + 100);
  await handle.close();
  const found = fixes(await check());
  expect(found).toEqual({ 'ledger-damaged': expect.stringContaining('systemctl stop vigie-agent') });
  await runFix((found['ledger-damaged'] as string).replaceAll(/sudo systemctl \w+ vigie-agent/g, 'true'));
  expect(await check()).toMatchObject([{ code: 'ledger-none', state: 'unknown' }]);
});

test('a file that is no ledger, and none at all', async () => {
  const file = join(await tempFolder(), 'ledger.sqlite');
  expect(await checkLedger(file, askLedger(file, never))).toMatchObject([{ code: 'ledger-none' }]);
  await writeFile(file, 'the pages of another book '.repeat(400));
  expect(fixes(await checkLedger(file, askLedger(file, never)))).toHaveProperty('ledger-damaged');
  await rm(file);
});
