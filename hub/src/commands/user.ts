import { randomBytes } from 'node:crypto';
import { systemClock } from '@vigie/shared/kit/clock';
import { VigieError } from '@vigie/shared/kit/errors';
import { silentLog } from '@vigie/shared/kit/log';
import { printable } from '@vigie/shared/kit/names';
import { readHubConfig } from '../config.ts';
import { newUser, ROLES, type Role, userChange } from '../http/schema.ts';
import { openStore } from '../store/store.ts';
import type { User } from '../users/accounts.ts';
import { readOrMakeSecret } from '../users/secret.ts';
import { createUsers, type Users } from '../users/users.ts';
import { askPassword } from './ask-password.ts';
import { EXIT, parseCommand, UsageError } from './usage.ts';

const ACTIONS = ['list', 'add', 'role', 'password', 'remove'] as const;
type Action = (typeof ACTIONS)[number];

const HELP = `Usage: vigie-hub user ACTION [EMAIL] --config FILE [options]

Says who may sign in to the dashboard. The hub may run meanwhile.

  list                                everybody, with their role
  add EMAIL --name NAME --role ROLE   a new user
  role EMAIL --role ROLE              a new role; their sessions end
  password EMAIL                      a new password; their sessions end
  remove EMAIL                        the last admin stays

      --config FILE   the hub's configuration
      --role ROLE     ${ROLES.join(', ')}
      --name NAME     the person's name (default: the part of EMAIL before @)
      --json          list as JSON

A password is asked for, or read as the first line of standard input; it is never an argument.
Exit codes: 0 done, 2 wrong use, 3 failed.
`;

type Options = { role: string | undefined; name: string | undefined; json: boolean };

/** `vigie-hub user`: accounts without the dashboard, for a forgotten password, say. */
export async function user(args: string[]): Promise<number> {
  const { values, positionals } = parseCommand('user', {
    args,
    allowPositionals: true,
    options: {
      config: { type: 'string', short: 'c' },
      role: { type: 'string' },
      name: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return EXIT.done;
  }
  const [action, email, ...rest] = positionals;
  if (!isAction(action) || rest.length > 0 || (action === 'list') !== (email === undefined)) {
    throw new UsageError(
      `user: ${ACTIONS.join(', ')} are allowed, all but list with one EMAIL; see vigie-hub user --help`,
    );
  }
  if (values.config === undefined) throw new UsageError('user: --config FILE must be given');
  const config = readHubConfig(values.config);
  using store = openStore(config.dataFolder);
  const users = createUsers({
    database: store.sqlite,
    baseUrl: config.http.publicUrl ?? `http://${config.http.host}:${config.http.port}`,
    secret: await readOrMakeSecret(config.dataFolder),
    clock: systemClock,
    random: randomBytes,
    log: silentLog,
  });
  await act(users, action, email ?? '', { role: values.role, name: values.name, json: values.json === true });
  return EXIT.done;
}

async function act(users: Users, action: Action, email: string, { role, name, json }: Options): Promise<void> {
  if (action === 'list') return list(users.list(), json);
  if (action === 'add') {
    const password = await askPassword(`Password for ${email}: `);
    const wanted = { email, name: name ?? email.split('@')[0], role: roleOf(role), password };
    const added = await users.add(checked(newUser.safeParse(wanted)));
    return note(users, 'user-add', added, `${added.email} is added as ${added.role}`);
  }
  const found = users.findByEmail(email);
  if (!found) throw new VigieError('not-found', `find user ${JSON.stringify(email)}: there is none`);
  if (action === 'role') {
    const changed = await users.change(found.id, { role: roleOf(role) });
    return note(users, 'user-change', changed, `${changed.email} is ${changed.role}`);
  }
  if (action === 'password') {
    const { password } = checked(userChange.safeParse({ password: await askPassword(`New password for ${email}: `) }));
    await users.change(found.id, { password });
    return note(users, 'user-change', found, `${found.email} has a new password`);
  }
  users.remove(found.id);
  note(users, 'user-remove', found, `${found.email} is removed`);
}

function list(users: User[], json: boolean): void {
  const lines = users.map(({ role, email, name }) => printable(`${role.padEnd(9)}${email}  ${name}`));
  process.stdout.write(json ? `${JSON.stringify(users)}\n` : lines.map((line) => `${line}\n`).join(''));
}

function note(users: Users, action: string, about: User, said: string): void {
  const { email, role } = about;
  users.audit.record({ actor: '-', address: 'local', action, target: about.id, detail: { email, role } });
  process.stdout.write(`${printable(said)}\n`);
}

const isAction = (text: string | undefined): text is Action => ACTIONS.includes(text as Action);

function roleOf(text: string | undefined): Role {
  if (ROLES.includes(text as Role)) return text as Role;
  throw new UsageError(`user: --role ${JSON.stringify(text ?? null)}: ${ROLES.join(', ')} are allowed`);
}

type Parsed<T> =
  | { success: true; data: T }
  | { success: false; error: { issues: { path: PropertyKey[]; message: string }[] } };
function checked<T>(parsed: Parsed<T>): T {
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`);
  throw new UsageError(`user: ${faults.join('; ')}`);
}
