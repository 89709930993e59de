import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:tls';
import { promisify } from 'node:util';
import { renewBrokerCertificate } from '@vigie/hub/field/broker-certificate';
import { HUB_USER } from '@vigie/hub/field/broker-rules';
import { openField } from '@vigie/hub/field/field';
import { installScript } from '@vigie/hub/field/installation';
import { parseListen } from '@vigie/hub/field/listen-address';
import { createRequests } from '@vigie/hub/field/requests';
import { systemClock } from '@vigie/shared/kit/clock';
import { createLog } from '@vigie/shared/kit/log';
import { expect, onTestFinished, test } from 'vitest';
import { startFieldBroker } from '../../support/field.ts';
import { tempFolder, until } from '../../support/temp.ts';

const DAY_MS = 86_400_000;

test('the hub holds the broker to what it knows at each connection, and renews its certificate in time', async () => {
  const broker = await startFieldBroker();
  const admitted = ['cam-1'];
  const field = openField({
    config: { folder: broker.at.field, broker: true, landing: true },
    broker: { url: broker.url, user: HUB_USER, password: broker.password },
    authority: broker.authority,
    revoked: () => [],
    admitted: () => admitted,
    clock: systemClock,
    random: () => 0,
    log: createLog('test', 'silent'),
  });
  onTestFinished(() => field[Symbol.asyncDispose]());
  expect(field.doors.map(({ name }) => name)).toEqual(['broker', 'landing']);
  const door = field.doors[0] as (typeof field.doors)[number];
  const isIn = (device: string) => async () => !(await door.isShut(device).catch(() => true));
  await until('the device is let in', isIn('cam-1'));
  admitted.splice(0, 1, 'cam-2');
  await broker.stop();
  await broker.start();
  await until('the other device is let in', isIn('cam-2'));
  expect(await door.isShut('cam-1')).toBe(true);

  const shown = () =>
    new Promise<string>((resolve, reject) => {
      const socket = connect({
        host: '127.0.0.1',
        port: broker.port,
        ca: broker.authority.certificate,
        timeout: 5_000,
      });
      // By 1.3 the server's certificate has been seen before it asks for ours.
      socket.once('secureConnect', () => {
        resolve(socket.getPeerX509Certificate()?.serialNumber ?? '');
        socket.destroy();
      });
      socket.once('error', reject);
    });
  const before = await shown();
  const renew = (now: number) =>
    renewBrokerCertificate({
      file: broker.at.brokerIdentity,
      sign: broker.authority.signServer,
      requests: createRequests({ folder: broker.at.requests, clock: systemClock }),
      clock: { ...systemClock, now: () => now },
    });
  expect(await renew(Date.now())).toBe(false);
  expect(await renew(Date.now() + 340 * DAY_MS)).toBe(true);
  const written = new X509Certificate(await readFile(broker.at.brokerIdentity));
  expect(written.serialNumber).not.toBe(before);
  expect(written.checkIP('127.0.0.1')).toBe('127.0.0.1');
  await until('the broker shows the new certificate', async () => (await shown()) === written.serialNumber);
});

test('the script changes nothing until it is told to, and then what is there already stays', async () => {
  const folder = await tempFolder();
  const file = { path: `${folder}/it's here`, text: '', owner: 'root', group: 'root', mode: '0640', keep: true };
  const script = installScript({ folders: [], files: [file], before: [], after: [`echo done > ${folder}/done`] });
  await writeFile(`${folder}/install.sh`, script);
  const { stdout } = await promisify(execFile)('sh', [`${folder}/install.sh`]);
  expect(stdout).toContain('install -o root -g root -m 0640 "$here"');
  await expect(readFile(`${folder}/done`)).rejects.toThrow();
  await writeFile(file.path, 'kept');
  await promisify(execFile)('sh', [`${folder}/install.sh`, '--apply']);
  expect([await readFile(file.path, 'utf8'), await readFile(`${folder}/done`, 'utf8')]).toEqual(['kept', 'done\n']);
});

test('an address to listen on', () => {
  expect(parseListen('8883')).toEqual({ address: '', port: 8883 });
  expect(parseListen('10.0.0.1:1')).toEqual({ address: '10.0.0.1', port: 1 });
  expect(parseListen('[::1]:65535')).toEqual({ address: '::1', port: 65_535 });
  for (const text of ['', '0', '65536', 'a:1', '1.2.3:4', ':1', '[::1]', '1.2.3.4:1\nx'])
    expect(parseListen(text)).toBeUndefined();
});
