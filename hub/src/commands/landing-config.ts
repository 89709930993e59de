import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { writeInstallation } from '../field/installation.ts';
import { landingInstallation, START_LANDING } from '../field/landing-files.ts';
import { parseListen } from '../field/listen-address.ts';
import { ACCOUNTS, places } from '../field/places.ts';
import { nextSteps } from './broker-config.ts';
import { parseCommand, UsageError } from './usage.ts';

export const LANDING_CONFIG_USAGE = `usage: vigie-hub landing-config --out DIR [--name HOST] [--listen ADDRESS:PORT] [--hub-user NAME] [--prefix DIR]

  Writes what OpenSSH needs to be the server that devices deliver to: configuration, unit, and the script install.sh, which prints
  what it would do, and does it with --apply. The script is for root. docs/landing.md tells the rest.

  --name      the name or address by which devices reach this machine (default: its host name)
  --listen    where devices come in (default: port 2222 of every address)
  --hub-user  whom the hub runs as (default: vigie-hub)
  --prefix    a folder before every path, for a trial without an installation
`;

/** Writes the landing server's configuration; returns the exit code. */
export async function landingConfig(args: string[]): Promise<number> {
  const { values } = parseCommand('landing-config', {
    args,
    options: {
      out: { type: 'string' },
      name: { type: 'string', default: hostname() },
      listen: { type: 'string', default: '2222' },
      'hub-user': { type: 'string', default: ACCOUNTS.hub },
      prefix: { type: 'string', default: '' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(LANDING_CONFIG_USAGE);
    return 0;
  }
  const listen = parseListen(values.listen);
  if (values.out === undefined || !listen) {
    throw new UsageError(
      'landing-config: --out DIR is needed, and an address is ADDRESS:PORT or PORT; see vigie-hub landing-config --help',
    );
  }
  const script = await writeInstallation(
    resolve(values.out),
    landingInstallation({
      at: places(values.prefix === '' ? '' : resolve(values.prefix)),
      accounts: { ...ACCOUNTS, hub: values['hub-user'] },
      listen,
      name: values.name,
    }),
  );
  process.stdout.write(nextSteps(script, values.prefix === '' ? START_LANDING : []));
  return 0;
}
