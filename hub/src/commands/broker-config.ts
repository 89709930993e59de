import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { systemClock } from '@vigie/shared/kit/clock';
import { readHubConfig } from '../config.ts';
import { brokerInstallation, START_BROKER } from '../field/broker-files.ts';
import { writeInstallation } from '../field/installation.ts';
import { parseListen } from '../field/listen-address.ts';
import { ACCOUNTS, places } from '../field/places.ts';
import { openAuthority } from '../identity/authority.ts';
import { parseCommand, UsageError } from './usage.ts';

export const BROKER_CONFIG_USAGE = `usage: vigie-hub broker-config --config FILE --out DIR [--name HOST]... [--listen ADDRESS:PORT]
                       [--local-port PORT] [--hub-user NAME] [--prefix DIR]

  Writes what Mosquitto needs to be the broker of a fleet: configuration, certificates, rules, and the script install.sh, which
  prints what it would do, and does it with --apply. Run it as the hub's user, and the script as root. docs/broker.md tells the rest.

  --name        a name or address by which devices reach this machine (default: its host name); can be given several times
  --listen      where devices come in (default: port 8883 of every address)
  --local-port  where the hub and operators come in, on 127.0.0.1 (default: 1883)
  --hub-user    whom the hub runs as (default: vigie-hub)
  --prefix      a folder before every path, for a trial without an installation
`;

/** Writes the broker's configuration; returns the exit code. */
export async function brokerConfig(args: string[]): Promise<number> {
  const { values } = parseCommand('broker-config', {
    args,
    options: {
      config: { type: 'string' },
      out: { type: 'string' },
      name: { type: 'string', multiple: true },
      listen: { type: 'string', default: '8883' },
      'local-port': { type: 'string', default: '1883' },
      'hub-user': { type: 'string', default: ACCOUNTS.hub },
      prefix: { type: 'string', default: '' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(BROKER_CONFIG_USAGE);
    return 0;
  }
  const listen = parseListen(values.listen);
  const local = parseListen(values['local-port']);
  if (values.config === undefined || values.out === undefined || !listen || !local || local.address !== '') {
    throw new UsageError(
      'broker-config: --config FILE and --out DIR are needed, and an address is ADDRESS:PORT or PORT; see vigie-hub broker-config --help',
    );
  }
  const { dataFolder } = readHubConfig(values.config);
  const authority = await openAuthority({ dataFolder, clock: systemClock, random: randomBytes });
  const out = resolve(values.out);
  const script = await writeInstallation(
    out,
    brokerInstallation({
      at: places(values.prefix === '' ? '' : resolve(values.prefix)),
      accounts: { ...ACCOUNTS, hub: values['hub-user'] },
      listen,
      localPort: local.port,
      architecture: process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu',
      authority: authority.certificate,
      revoked: await authority.revocations([]),
      server: await authority.signServer(values.name ?? [hostname()]),
      hubPassword: randomBytes(24).toString('base64url'),
      salt: randomBytes(12),
    }),
  );
  process.stdout.write(nextSteps(script, values.prefix === '' ? START_BROKER : []));
  return 0;
}

/** What is left to do, as lines for root's shell. */
export const nextSteps = (script: string, start: string[]): string =>
  [
    'written; as root, look at it, install it, start it:',
    `  sh ${script}`,
    `  sh ${script} --apply`,
    ...start.map((line) => `  ${line}`),
    '',
  ].join('\n');
