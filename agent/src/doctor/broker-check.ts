import { readFile } from 'node:fs/promises';
import { codeOf, messageOf } from '@vigie/shared/kit/errors';
import { openConnection } from '@vigie/shared/link/mqtt-connection';
import { firstVersion, nextVersion, type WireVersion } from '@vigie/shared/link/protocol-version';
import { type Ending, explainEnding, isVersionRefusal } from '@vigie/shared/link/refusal';
import { readSecret } from '@vigie/shared/remote/destination-config';
import { type Finding, mend, ok, unknown, word } from './finding.ts';

export type BrokerCheckOptions = {
  url: string;
  user: string;
  passwordFile: string | undefined;
  caFile: string | undefined;
  protocol: 'auto' | '5' | '3.1.1';
  /** Does an agent of this configuration run? Some brokers take one session a device: it is not pushed out. */
  agentRuns: boolean;
};

type Outcome = { how: 'in' } | Ending;

/** Return codes of 3.1.1 and reason codes of 5. */
const BAD_CLIENT_ID = [2, 133];
const BAD_LOGIN = [4, 134];
const NOT_AUTHORISED = [5, 135];

/** Is the broker there, is it the right one, and does it let this device in? Nothing is published. */
export async function checkBroker(options: BrokerCheckOptions, signal: AbortSignal): Promise<Finding[]> {
  const { url, user, passwordFile, caFile } = options;
  let password: string | undefined;
  let ca: Buffer | undefined;
  try {
    password = passwordFile === undefined ? undefined : readSecret(passwordFile);
  } catch (error) {
    return [
      mend(
        'broker-password-file',
        `the password cannot be read: ${messageOf(error)}`,
        `ls -l ${word(passwordFile ?? '')}`,
      ),
    ];
  }
  try {
    ca = caFile === undefined ? undefined : await readFile(caFile);
  } catch (error) {
    return [
      mend(
        'broker-ca-file',
        `the certificate in caFile cannot be read: ${messageOf(error)}`,
        `ls -l ${word(caFile ?? '')}`,
      ),
    ];
  }
  const login = { user, password, ca };
  // A session under the device's own name would end the running agent's: another name first.
  const own = await enter(options, { ...login, clientId: `${user}-doctor` }, signal);
  if (own.how === 'in') return [ok('broker-login', `${url} lets "${user}" in`)];
  const isAboutName = own.how === 'refused' && [...BAD_CLIENT_ID, ...NOT_AUTHORISED].includes(own.reasonCode);
  if (!isAboutName) return [refused(own, options)];
  if (options.agentRuns) {
    if (own.reasonCode === 5 || own.reasonCode === 135) return [refused(own, options)];
    const what = `${url} answers, and takes "${user}" under its own name alone, which the running agent uses: stop it to try the login`;
    return [unknown('broker-login-untried', what)];
  }
  const device = await enter(options, { ...login, clientId: user }, signal);
  return [device.how === 'in' ? ok('broker-login', `${url} lets "${user}" in`) : refused(device, options)];
}

async function enter(
  { url, protocol }: BrokerCheckOptions,
  login: { clientId: string; user: string; password: string | undefined; ca: Buffer | undefined },
  signal: AbortSignal,
): Promise<Outcome> {
  for (let choice = firstVersion(protocol); ; ) {
    signal.throwIfAborted();
    const outcome = await connectOnce(url, choice.speak, login, signal);
    const isRefused = outcome.how === 'refused' && isVersionRefusal(outcome.reasonCode);
    const about = isRefused ? 'refused' : outcome.how === 'silent' ? 'silent' : 'unknown';
    const next = nextVersion(protocol, choice, about);
    if (!next.atOnce) return outcome;
    choice = next.choice;
  }
}

async function connectOnce(
  url: string,
  version: WireVersion,
  { clientId, user, password, ca }: Parameters<typeof enter>[1],
  signal: AbortSignal,
): Promise<Outcome> {
  const connection = openConnection({
    url,
    clientId,
    user,
    ...(password === undefined ? {} : { password }),
    ca,
    version,
    sessionExpiryS: 0,
    subscriptions: [],
    onMessage: () => undefined,
    onRefusedFilter: () => undefined,
  });
  const stop = () => connection.drop('the check has taken too long');
  signal.addEventListener('abort', stop, { once: true });
  try {
    if (!(await connection.established)) return await connection.ended;
    await connection.close('the check has ended');
    return { how: 'in' };
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function refused(ending: Ending, options: BrokerCheckOptions): Finding {
  const { url, user, passwordFile, caFile } = options;
  const { hostname, port, protocol } = new URL(url);
  const isTls = protocol === 'mqtts:' || protocol === 'wss:';
  const at = `${hostname}:${port || (isTls ? 8883 : 1883)}`;
  const message = messageOf(explainEnding(ending, url).error);
  const trust = caFile === undefined ? '' : ` -CAfile ${word(caFile)}`;
  const show = `openssl s_client -connect ${word(at)} -servername ${word(hostname)} -verify_hostname ${word(hostname)}${trust} </dev/null`;
  if (ending.how === 'refused') {
    if ([...BAD_LOGIN, ...NOT_AUTHORISED].includes(ending.reasonCode)) {
      const fix = `cat ${word(passwordFile ?? 'PASSWORD-FILE')} # is it the password of "${user}" at the broker? There: vigie-hub device add ${word(user)}`;
      return mend('broker-login-refused', message, fix);
    }
    if (BAD_CLIENT_ID.includes(ending.reasonCode))
      return mend('broker-name-refused', message, 'Let "user" be the name of the device in the configuration.');
    return mend('broker-refused', message, 'On the broker: journalctl -u mosquitto -n 50');
  }
  if (ending.how === 'silent' || ending.how === 'lost') {
    const fix = isTls ? show : `${show} # does it speak TLS there? Then the address begins with mqtts://`;
    return mend('broker-silent', message, fix);
  }
  const code = codeOf(ending.error);
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = (ending.error as { cert?: { subjectaltname?: string } }).cert?.subjectaltname ?? 'another name';
    return mend(
      'broker-wrong-name',
      `${message} (its certificate is for ${names})`,
      `Write a name of the certificate into hub.url; it is shown by: ${show}`,
    );
  }
  if (/CERT|VERIFY|SELF_SIGNED|ISSUER|ERR_TLS|ERR_SSL|EPROTO/.test(code)) return mend('broker-tls', message, show);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return mend('broker-unknown-host', message, `getent hosts ${word(hostname)}`);
  return mend(
    'broker-down',
    message,
    `nc -vz ${at.replace(':', ' ')} # on the broker: sudo systemctl status mosquitto`,
  );
}
