import { codeOf, messageOf, VigieError } from '@vigie/shared/kit/errors';
import { printable } from '@vigie/shared/kit/names';
import { endWithReader } from '@vigie/shared/kit/reader';
import { EXIT, UsageError } from './commands/usage.ts';

/** A command runs with the arguments after its name and answers with the program's exit code. */
type Command = (args: string[]) => Promise<number>;

/** Each command is loaded when it is called: `check` does not wait for the broker and the database. */
const COMMANDS: Record<string, { about: string; load: () => Promise<Command> }> = {
  serve: {
    about: 'run the hub: broker, inventories, reports, dashboard',
    load: async () => (await import('./commands/serve.ts')).serve,
  },
  check: {
    about: 'compare two sides: directories, sftp:// addresses, saved inventories',
    load: async () => (await import('./commands/check.ts')).check,
  },
  inventory: {
    about: 'write the inventory of one side to a file',
    load: async () => (await import('./commands/inventory.ts')).inventory,
  },
  certificate: {
    about: 'sign what a source took on one day, and what of it has arrived',
    load: async () => (await import('./commands/certificate.ts')).certificate,
  },
  verify: {
    about: 'check a certificate, and a side against it, without a hub',
    load: async () => (await import('./commands/verify.ts')).verify,
  },
  device: {
    about: 'manage the accounts of the embedded broker',
    load: async () => (await import('./commands/device.ts')).device,
  },
  'broker-config': {
    about: 'write the configuration of Mosquitto for devices in the field',
    load: async () => (await import('./commands/broker-config.ts')).brokerConfig,
  },
  'landing-config': {
    about: 'write the configuration of the SFTP server that devices deliver to',
    load: async () => (await import('./commands/landing-config.ts')).landingConfig,
  },
  user: {
    about: 'say who may sign in to the dashboard',
    load: async () => (await import('./commands/user.ts')).user,
  },
};

const workBegins = endWithReader(process.stdout, (code) => process.exit(code));

function help(): string {
  const lines = Object.entries(COMMANDS).map(([name, { about }]) => `  ${name.padEnd(15)}${about}`);
  return [
    'Usage: vigie-hub COMMAND [options]',
    '',
    'Commands:',
    ...lines,
    '',
    'vigie-hub COMMAND --help tells more about each.',
    'Exit codes: 0 done, 1 done with differences, 2 wrong use or configuration, 3 failed.',
    '',
  ].join('\n');
}

async function run([name, ...args]: string[]): Promise<number> {
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(help());
    return EXIT.done;
  }
  const command = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    const said = name === undefined ? 'no command was given' : `there is no command ${JSON.stringify(name)}`;
    throw new UsageError(`${said}: allowed are ${Object.keys(COMMANDS).join(', ')}; see vigie-hub --help`);
  }
  if (name === 'serve') workBegins();
  return (await command.load())(args);
}

function complain(error: unknown): number {
  const known = error instanceof VigieError;
  const code = codeOf(error);
  const wrongUse = code === 'usage' || code === 'config' || code.startsWith('ERR_PARSE_ARGS');
  const text = known || wrongUse ? messageOf(error) : String((error as Error | undefined)?.stack ?? error);
  const hint = known && error.hint !== undefined ? `\n${error.hint}` : '';
  // Names from outside are in these messages: they must not speak to the terminal.
  const lines = `vigie-hub: ${text}${hint}`.split('\n').map(printable);
  process.stderr.write(`${lines.join('\n')}\n`);
  return wrongUse ? EXIT.wrongUse : EXIT.failed;
}

/** The program itself: its command line, its exit code. */
export async function program(): Promise<void> {
  process.exitCode = await run(process.argv.slice(2)).catch(complain);
}

if (import.meta.main) await program();
