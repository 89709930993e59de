import { flushCompileCache } from 'node:module';
import { parseArgs } from 'node:util';
import { messageOf } from '@vigie/shared/kit/errors';
import { createLog } from '@vigie/shared/kit/log';
import { ConfigError } from '@vigie/shared/kit/yaml-config';
import { readAgentConfig } from './config.ts';

const USAGE = `usage: vigie-agent COMMAND --config FILE [--json]

  run            captures, processes, delivers and reports until it is told to stop (SIGTERM, SIGINT)
  check-config   reads the configuration and says what is wrong with it

  --config FILE  the agent's YAML file
  --help         this text

exit code: 0 done, 2 wrong use or configuration, 3 failed
`;

/** Runs one command line; returns the exit code. */
export async function main(args: string[]): Promise<number> {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    process.stderr.write(`vigie-agent: ${messageOf(error)}\n${USAGE}`);
    return 2;
  }
  const { values, positionals } = parsed;
  const [command, ...rest] = positionals;
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (command === undefined || rest.length > 0 || !['run', 'check-config'].includes(command)) {
    const what = command === undefined ? 'a command is needed' : `"${positionals.join(' ')}": no such command`;
    process.stderr.write(`vigie-agent: ${what}\n${USAGE}`);
    return 2;
  }
  if (values.config === undefined) {
    process.stderr.write(`vigie-agent ${command}: --config FILE is needed\n`);
    return 2;
  }
  try {
    const config = readAgentConfig(values.config);
    if (command === 'check-config') {
      process.stdout.write(
        values.json ? `${JSON.stringify(config, null, 2)}\n` : `${values.config}: no fault was found\n`,
      );
      return 0;
    }
    const stopping = new AbortController();
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => stopping.abort());
    const { runAgent } = await import('./agent.ts');
    // Else it is written at an ordinary end, which a power cut is not.
    flushCompileCache();
    await runAgent(config, createLog('vigie-agent', config.log), stopping.signal);
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof ConfigError ? error.message : `vigie-agent: ${messageOf(error)}`}\n`);
    return error instanceof ConfigError ? 2 : 3;
  }
}

const parse = (args: string[]) =>
  parseArgs({
    args,
    allowPositionals: true,
    options: { config: { type: 'string' }, help: { type: 'boolean', short: 'h' }, json: { type: 'boolean' } },
  });

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
