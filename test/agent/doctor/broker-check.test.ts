import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type BrokerCheckOptions, checkBroker } from '@vigie/agent/doctor/broker-check';
import { openAccounts } from '@vigie/hub/broker/accounts';
import { startBroker } from '@vigie/hub/broker/embedded';
import { silentLog } from '@vigie/shared/kit/log';
import { expect, onTestFinished, test } from 'vitest';
import { startMosquitto } from '../../support/mosquitto.ts';
import { freePort, tempFolder } from '../../support/temp.ts';
import { fixes } from './in-child.ts';

async function passwordFile(text: string): Promise<string> {
  const file = join(await tempFolder(), 'password');
  await writeFile(file, `${text}\n`);
  return file;
}

const check = (url: string, changes: Partial<BrokerCheckOptions> = {}) =>
  checkBroker(
    { url, user: 'cam-1', passwordFile: undefined, caFile: undefined, protocol: 'auto', agentRuns: false, ...changes },
    AbortSignal.timeout(20_000),
  );

test('Mosquitto: the right password, a wrong one, no file for it, and a broker that is stopped', async () => {
  const broker = await startMosquitto({ folder: await tempFolder(), users: { 'cam-1': 'secret' } });
  onTestFinished(() => broker.stop());
  const right = await passwordFile('secret');
  expect(await check(broker.url, { passwordFile: right })).toMatchObject([{ code: 'broker-login', state: 'ok' }]);
  const wrong = await passwordFile('guess');
  expect(fixes(await check(broker.url, { passwordFile: wrong }))).toEqual({
    'broker-login-refused': expect.stringContaining(`cat ${wrong}`),
  });
  expect(fixes(await check(broker.url, { passwordFile: '/nothing/here' }))).toEqual({
    'broker-password-file': 'ls -l /nothing/here',
  });
  await broker.stop();
  expect(fixes(await check(broker.url, { passwordFile: right }))).toEqual({
    'broker-down': expect.stringContaining(`nc -vz 127.0.0.1 ${broker.port}`),
  });
});

test('a session of the running agent is not pushed out', async () => {
  const accountsFile = join(await tempFolder(), 'accounts');
  const accounts = openAccounts(accountsFile);
  await accounts.add({ name: 'cam-1', role: 'device' }, 'secret');
  const port = await freePort();
  const broker = await startBroker({ host: '127.0.0.1', port, accounts, log: silentLog });
  onTestFinished(() => broker[Symbol.asyncDispose]());
  const url = `mqtt://127.0.0.1:${port}`;
  const right = await passwordFile('secret');
  // This broker takes a device under its own name alone.
  expect(await check(url, { passwordFile: right })).toMatchObject([{ code: 'broker-login', state: 'ok' }]);
  expect(await check(url, { passwordFile: right, agentRuns: true })).toMatchObject([
    { code: 'broker-login-untried', state: 'unknown' },
  ]);
  const wrong = await passwordFile('guess');
  expect(fixes(await check(url, { passwordFile: wrong }))).toHaveProperty('broker-login-refused');
});

test('TLS: the right authority, none, a wrong one, a wrong name, and a broker that speaks it where nobody expects it', async () => {
  const folder = await tempFolder();
  const openssl = (line: string) => promisify(execFile)('openssl', line.split(' '), { cwd: folder });
  const key = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes';
  for (const name of ['ca', 'other'])
    await openssl(`req -x509 ${key} -keyout ${name}.key -out ${name}.pem -days 2 -subj /CN=${name}`);
  await openssl(`req ${key} -keyout broker.key -out broker.csr -subj /CN=broker`);
  await writeFile(join(folder, 'names'), 'subjectAltName=DNS:broker.example\n');
  await openssl(
    'x509 -req -in broker.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out broker.pem',
  );
  const tls = { certFile: join(folder, 'broker.pem'), keyFile: join(folder, 'broker.key') };
  const broker = await startMosquitto({ folder: join(folder, 'broker'), tls });
  onTestFinished(() => broker.stop());
  const url = `mqtts://localhost:${broker.port}`;
  const caFile = join(folder, 'ca.pem');
  const [wrongName] = await check(url.replace('localhost', '127.0.0.1'), { caFile });
  expect(wrongName).toMatchObject({
    code: 'broker-wrong-name',
    message: expect.stringContaining('DNS:broker.example'),
    fix: expect.stringContaining('openssl s_client'),
  });
  expect(fixes(await check(url))).toHaveProperty('broker-tls');
  expect(fixes(await check(url, { caFile: join(folder, 'other.pem') }))).toHaveProperty('broker-tls');
  expect(fixes(await check(url, { caFile: join(folder, 'nothing') }))).toEqual({
    'broker-ca-file': `ls -l ${join(folder, 'nothing')}`,
  });
  expect(fixes(await check(broker.url.replace('mqtts:', 'mqtt:')))['broker-silent']).toContain('mqtts://');
});

test('a host name that nobody knows', async () => {
  expect(fixes(await check('mqtt://no-such-host.invalid:1883'))).toEqual({
    'broker-unknown-host': 'getent hosts no-such-host.invalid',
  });
});
