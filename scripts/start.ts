/**
 * `npm start`: the whole way of a picture on one machine. An SFTP server, a hub with its broker and database, and an agent
 * that takes a picture every few seconds; what they keep lies in `.vigie`.
 */
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readAgentConfig } from '@vigie/agent/config';
import { readHubConfig } from '@vigie/hub/config';
import { messageOf } from '@vigie/shared/kit/errors';
import { ConfigError } from '@vigie/shared/kit/yaml-config';
import { startSshd } from './sshd.ts';
import { admitDevice } from './start/account.ts';
import { writeConfiguration } from './start/configuration.ts';
import { openFolder, StartError } from './start/folder.ts';
import { firstPicture, picturesBelow } from './start/pictures.ts';
import { keptPorts } from './start/ports.ts';
import { type Program, startProgram } from './start/program.ts';

const HELP = `Usage: npm start -- [options]

Runs a hub, an SFTP server and an agent on this machine, until Ctrl-C. A second start goes on from what the first one kept.

  --reset         begin anew: removes the kept pictures, databases, keys and configuration
  --folder DIR    keep everything in DIR instead of .vigie
  --help          this text
`;
const ROOT = dirname(import.meta.dirname);
const READY_LIMIT_MS = 60_000;
const CODE_LIMIT_MS = 1_500;
const STOP_LIMIT_MS = 15_000;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Runs until the signal aborts (exit code 0) or a part ends by itself (3). */
async function run(options: { folder: string; reset: boolean }, stop: AbortSignal): Promise<number> {
  await using parts = new AsyncDisposableStack();
  const folder = parts.use(openFolder(resolve(options.folder), options.reset));
  say(`Vigie starts. Everything that it keeps is in ${folder.root}`);

  const ports = await keptPorts(folder);
  const sshd = parts.use(await startSshd({ folder: folder.file('sshd'), port: ports.sftp }));
  say(`  SFTP server  sftp://${sshd.user}@${sshd.host}:${sshd.port}${folder.file('archive')}`);

  await writeConfiguration(folder, ports, sshd);
  const [hubYaml, agentYaml] = [folder.file('hub.yaml'), folder.file('agent.yaml')];
  const [hubConfig, agentConfig] = [readHubConfig(hubYaml), readAgentConfig(agentYaml)];
  if (hubConfig.broker.type === 'embedded' && agentConfig.hub?.passwordFile) {
    await admitDevice(agentConfig.device, agentConfig.hub.passwordFile, hubConfig.broker.accountsFile);
  }
  if (stop.aborted) return 0;

  const started: Program[] = [];
  const start = (name: string, ...args: string[]): Program => {
    const program = startProgram(name, [join(ROOT, name, 'bin', `vigie-${name}`), ...args], folder.file(`${name}.log`));
    started.push(program);
    parts.defer(() => program.stop(STOP_LIMIT_MS));
    return program;
  };
  const stopAsked = new Promise<'stop'>((done) => stop.addEventListener('abort', () => done('stop'), { once: true }));

  const hub = start('hub', 'serve', '--config', hubYaml);
  const ready = await Promise.race([hub.line(/dashboard:\s*(\S+)/i, READY_LIMIT_MS), stopAsked]);
  if (ready === 'stop') return 0;
  if (ready === undefined) return lastWords(hub, `was not ready within ${READY_LIMIT_MS / 1000} s`);
  const address = ready[1] as string;
  // Said right after the address; without a code there is an administrator already.
  const code = (await hub.line(/one-time code:?\s+(\S+)/i, CODE_LIMIT_MS))?.[1];
  say(`  hub          ${address}`);

  start('agent', 'run', '--config', agentYaml);
  const names = agentConfig.sources.map(({ name }) => name).join(', ');
  say(`  agent        ${agentConfig.site}/${agentConfig.device}, sources: ${names}`);

  say(`\n  Dashboard      ${address}`);
  say(code ? `  One-time code  ${code}   makes the first administrator` : '  Sign in with the account that you made.');
  say(`\nCtrl-C stops all of it. What hub and agent say is in ${folder.file('hub.log')} and agent.log`);

  const archive = folder.file('archive');
  const kept = (await picturesBelow(archive)).length;
  const watching = new AbortController();
  const watch = kept > 0 ? undefined : firstPicture(archive, watching.signal);
  if (kept > 0) say(`It goes on from ${kept} pictures at the destination.`);
  const told = watch?.then((picture) => picture && say(`First picture delivered: ${join(archive, picture)}`));
  const end = await Promise.race([stopAsked, ...started.map((program) => program.ended.then(() => program))]);
  watching.abort();
  await told;
  if (end !== 'stop') return lastWords(end, 'ended');
  say('\nstopping …');
  return 0;
}

/** Tells why a part is not what it should be; the exit code. */
async function lastWords(program: Program, what: string): Promise<number> {
  const ended = await Promise.race([program.ended, Promise.resolve(undefined)]);
  const problem = ended === undefined ? what : `ended by itself with ${ended}`;
  const lines = [`\nThe ${program.name} ${problem}. Everything stops. What it said last:`, ...program.tail()];
  process.stderr.write(`${lines.join(`\n  ${program.name}: `)}\n`);
  return 3;
}

async function main(): Promise<number> {
  const stop = new AbortController();
  // Every signal after the first repeats it: a terminal, npm and the launcher each pass Ctrl-C on.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
  try {
    const { values } = parseArgs({
      options: {
        reset: { type: 'boolean', default: false },
        folder: { type: 'string', default: join(ROOT, '.vigie') },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) {
      say(HELP.trimEnd());
      return 0;
    }
    const code = await run(values, stop.signal);
    if (code === 0) say('stopped.');
    return code;
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    const wrongUse =
      error instanceof ConfigError || String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS');
    if (!wrongUse && !(error instanceof StartError)) process.stderr.write(`${(error as Error).stack}\n`);
    return wrongUse ? 2 : 3;
  }
}

process.exit(await main());
