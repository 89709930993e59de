import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { VigieError } from '@vigie/shared/kit/errors';
import { identifier } from '@vigie/shared/protocol/asset';
import { openAccounts } from '../broker/accounts.ts';
import { readHubConfig } from '../config.ts';
import { parseCommand, UsageError } from './usage.ts';

export const DEVICE_USAGE = `usage: vigie-hub device add NAME --config FILE [--password-file FILE] [--operator]
       vigie-hub device list --config FILE
       vigie-hub device remove NAME --config FILE

  Accounts of the embedded broker. "add" makes a password, and prints it once or writes it to a new file that its owner
  alone can read. With --operator the account is a person's or a program's that gives commands.
`;

/** Manages the accounts of the embedded broker; returns the exit code. */
export async function device(args: string[]): Promise<number> {
  const { values, positionals } = parseCommand('device', {
    args,
    allowPositionals: true,
    options: {
      config: { type: 'string' },
      'password-file': { type: 'string' },
      operator: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const [verb, name] = positionals;
  if (values.help) {
    process.stdout.write(DEVICE_USAGE);
    return 0;
  }
  const named = verb === 'add' || verb === 'remove';
  if (values.config === undefined || !(named || verb === 'list') || (named && !identifier.safeParse(name).success)) {
    throw new UsageError(
      'device: add NAME, list or remove NAME, and --config FILE, are allowed; see vigie-hub device --help',
    );
  }
  const { broker } = readHubConfig(values.config);
  if (broker.type !== 'embedded') {
    throw new VigieError(
      'config',
      `device ${verb}: the broker is external, so its accounts are kept by it, not by the hub`,
    );
  }
  const accounts = openAccounts(broker.accountsFile);
  if (verb === 'list') {
    for (const account of await accounts.list()) process.stdout.write(`${account.name}\t${account.role}\n`);
    return 0;
  }
  if (verb === 'remove') {
    const removed = await accounts.remove(name as string);
    process.stdout.write(removed ? `removed ${name}\n` : `there is no account ${name}\n`);
    return removed ? 0 : 3;
  }
  const password = randomBytes(24).toString('base64url');
  if (values['password-file'] === undefined) process.stdout.write(`${password}\n`);
  else await writeFile(values['password-file'], `${password}\n`, { mode: 0o600, flag: 'wx' });
  await accounts.add({ name: name as string, role: values.operator ? 'operator' : 'device' }, password);
  return 0;
}
