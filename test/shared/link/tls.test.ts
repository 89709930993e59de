import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '@vigie/shared/kit/clock';
import type { Link } from '@vigie/shared/link/link';
import { openLink } from '@vigie/shared/link/mqtt';
import { expect, onTestFinished, test } from 'vitest';
import { startMosquitto } from '../../support/mosquitto.ts';
import { tempFolder, until } from '../../support/temp.ts';
import { recordingLog } from './recording-log.ts';

/** An authority of the test's own and a certificate for 127.0.0.1, made by OpenSSL. */
async function certificates(folder: string): Promise<{ caFile: string; certFile: string; keyFile: string }> {
  const file = (name: string) => join(folder, name);
  const openssl = (line: string) => promisify(execFile)('openssl', line.split(' '), { cwd: folder });
  const key = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes';
  await openssl(`req -x509 ${key} -keyout ca.key -out ca.pem -days 2 -subj /CN=Test-authority`);
  await openssl(`req ${key} -keyout broker.key -out broker.csr -subj /CN=broker`);
  await writeFile(file('names'), 'subjectAltName=IP:127.0.0.1\n');
  await openssl(
    'x509 -req -in broker.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out broker.pem',
  );
  return { caFile: file('ca.pem'), certFile: file('broker.pem'), keyFile: file('broker.key') };
}

test('over TLS the broker is known by its authority, and refused without it', async () => {
  const folder = await tempFolder();
  const tls = await certificates(folder);
  const broker = await startMosquitto({ folder: join(folder, 'broker'), tls });
  onTestFinished(() => broker.stop());
  const open = (
    caFile?: string,
    url = broker.url,
  ): { link: Link; records: ReturnType<typeof recordingLog>['records'] } => {
    const { log, records } = recordingLog();
    const link = openLink({
      url,
      clientId: 'a',
      protocol: 'auto',
      subscriptions: ['vigie/v1/hub/status'],
      receive: async () => {},
      clock: systemClock,
      random: () => 0.5,
      log,
      reconnect: { baseMs: 50, capMs: 100 },
      ...(caFile === undefined ? {} : { caFile }),
    });
    onTestFinished(() => link[Symbol.asyncDispose]());
    return { link, records };
  };
  const good = open(tls.caFile);
  await until('the link is up', () => good.link.connected);
  await good.link.publish('vigie/v1/main/a/event/captured', 'x');

  const told = async ({ link, records }: ReturnType<typeof open>) => {
    const record = await until('the refusal is logged', () => records.find(({ level }) => level === 'warn'));
    expect(link.connected).toBe(false);
    return record.fields.hint;
  };
  expect(await told(open())).toContain('caFile');
  expect(await told(open(tls.caFile, `mqtts://localhost:${broker.port}`))).toContain('host name');
  expect(await told(open(join(folder, 'absent.pem')))).toContain('caFile');
});
