import { X509Certificate } from 'node:crypto';
import { chmod, readFile } from 'node:fs/promises';
import type { Clock } from '@vigie/shared/kit/clock';
import { replaceFile } from '@vigie/shared/kit/durable';
import { messageOf } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import type { Requests } from './requests.ts';

const DAY_MS = 86_400_000;
const RENEW_BEFORE_MS = 60 * DAY_MS;
const LOOK_EVERY_MS = DAY_MS / 4;

/** Does a certificate end so soon that another one is due? */
export const isDue = (certificate: X509Certificate, now: number): boolean =>
  certificate.validToDate.getTime() - now < RENEW_BEFORE_MS;

/** The names and addresses that a server's certificate is for. */
export const namesOf = (certificate: X509Certificate): string[] =>
  (certificate.subjectAltName ?? '').split(', ').flatMap((name) => /^(?:DNS|IP Address):(.+)$/.exec(name)?.[1] ?? []);

/**
 * Renews the broker's certificate under the names that it has, from 60 days before its end: nobody looks after it for years. Key and
 * certificate lie in one file, which Mosquitto reads again. Resolves to whether it was due.
 */
export async function renewBrokerCertificate(options: {
  file: string;
  sign: (names: string[]) => Promise<{ key: string; certificate: string }>;
  requests: Requests;
  clock: Clock;
}): Promise<boolean> {
  const { file, sign, requests, clock } = options;
  const certificate = new X509Certificate(await readFile(file));
  if (!isDue(certificate, clock.now())) return false;
  const next = await sign(namesOf(certificate));
  await replaceFile(file, Buffer.from(`${next.key}${next.certificate}`), 0o640);
  await chmod(file, 0o640);
  await requests.ask('broker');
  return true;
}

/** The same every six hours until the signal aborts; what goes wrong is logged, and tried again. */
export async function keepBrokerCertificate(
  options: Parameters<typeof renewBrokerCertificate>[0] & { log: Log; signal: AbortSignal },
): Promise<void> {
  const { clock, log, signal } = options;
  while (!signal.aborted) {
    try {
      if (await renewBrokerCertificate(options)) log.info({}, "the broker's certificate was renewed");
    } catch (error) {
      log.error({ error: messageOf(error) }, "the broker's certificate cannot be renewed");
    }
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
}
