import { flushCompileCache } from 'node:module';
import { parseArgs } from 'node:util';
import { codeOf, messageOf } from '@vigie/shared/kit/errors';
import { createLog } from '@vigie/shared/kit/log';
import { endWithReader } from '@vigie/shared/kit/reader';
import { ConfigError } from '@vigie/shared/kit/yaml-config';
import { readAgentConfig } from './config.ts';

const USAGE = `usage: vigie-agent COMMAND --config FILE [--json] [--day D] [--once] [--tags LIST] [--capture]

  run            captures, processes, delivers and reports until it is told to stop (SIGTERM, SIGINT)
  watch          runs watched folders alone, those of an endpoints file; reads it again when it changes, and on SIGHUP
  doctor         says what is wrong around the agent (cameras, clock, disks, destinations, broker) and how to mend it
  slots          lists the slots of a day, and what became of each; a running agent is not disturbed
  check-config   reads the configuration and says what is wrong with it
  first-boot     of a device: makes vigie.yaml in the folder --boot its settings, below the folder --data

  --config FILE  the agent's YAML file
  --boot DIR     first-boot: where vigie.yaml lies
  --data DIR     first-boot: what outlasts a start
  --day D        slots: 2026-11-23; today where it is left out
  --once         watch: until every input is empty and all jobs are done; exit code 1 where one went to failure
  --tags LIST    watch: only endpoints with no tags or with one of these, between commas
  --capture      doctor: takes one picture with each camera, and throws it away
  --help         this text

exit code: 0 done, 1 done with failures or with something to mend, 2 wrong use or configuration, 3 failed, 75 to be started again
`;

/** "Try again later", of sysexits.h: systemd starts the agent again after any exit code that is not told otherwise. */
const RESTART = 75;
const RESTART_LIMIT_MS = 30_000;

/** Runs one command line; returns the exit code. `workBegins` is called by commands that do more than print. */
export async function main(args: string[], workBegins: () => void = () => undefined): Promise<number> {
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
  if (
    command === undefined ||
    rest.length > 0 ||
    !['run', 'watch', 'doctor', 'slots', 'check-config', 'first-boot'].includes(command)
  ) {
    const what = command === undefined ? 'a command is needed' : `"${positionals.join(' ')}": no such command`;
    process.stderr.write(`vigie-agent: ${what}\n${USAGE}`);
    return 2;
  }
  if (command === 'first-boot') return onFirstBoot(values.boot, values.data);
  if (values.config === undefined) {
    process.stderr.write(`vigie-agent ${command}: --config FILE is needed\n`);
    return 2;
  }
  try {
    if (command === 'watch') {
      workBegins();
      const { watch } = await import('./commands/watch.ts');
      const { config: file, once = false, json = false, tags } = values;
      return await watch({ file, once, json, tags: tags?.split(',').filter(Boolean) ?? [] }, stopSignal());
    }
    const config = readAgentConfig(values.config);
    if (command === 'doctor') {
      const { doctor } = await import('./commands/doctor.ts');
      return await doctor(config, {
        file: values.config,
        json: values.json ?? false,
        capture: values.capture ?? false,
      });
    }
    if (command === 'slots') {
      const { slotsCommand } = await import('./commands/slots.ts');
      process.stdout.write(slotsCommand(config, { day: values.day, json: values.json ?? false, now: Date.now() }));
      return 0;
    }
    if (command === 'check-config') {
      process.stdout.write(
        values.json ? `${JSON.stringify(config, null, 2)}\n` : `${values.config}: no fault was found\n`,
      );
      return 0;
    }
    workBegins();
    const stopping = stopSignal();
    const { runAgent } = await import('./agent.ts');
    // Else it is written at an ordinary end, which a power cut is not.
    flushCompileCache();
    const restarting = new AbortController();
    const log = createLog('vigie-agent', config.log);
    const restart = (why: string) => {
      log.warn({ why, exitCode: RESTART }, 'this agent ends to be started again');
      restarting.abort();
      // What hangs must not keep it from ending.
      setTimeout(() => process.exit(RESTART), RESTART_LIMIT_MS).unref();
    };
    await runAgent(config, log, AbortSignal.any([stopping, restarting.signal]), restart, values.config);
    return restarting.signal.aborted && !stopping.aborted ? RESTART : 0;
  } catch (error) {
    process.stderr.write(`${error instanceof ConfigError ? error.message : `vigie-agent: ${messageOf(error)}`}\n`);
    return error instanceof ConfigError || codeOf(error) === 'arguments' ? 2 : 3;
  }
}

async function onFirstBoot(boot: string | undefined, data: string | undefined): Promise<number> {
  if (boot === undefined || data === undefined) {
    process.stderr.write('vigie-agent first-boot: --boot DIR and --data DIR are needed\n');
    return 2;
  }
  try {
    const { firstBootCommand } = await import('./commands/first-boot.ts');
    return await firstBootCommand({ boot, data });
  } catch (error) {
    process.stderr.write(`vigie-agent: ${messageOf(error)}\n`);
    return 3;
  }
}

function stopSignal(): AbortSignal {
  const stopping = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => stopping.abort());
  return stopping.signal;
}

const parse = (args: string[]) =>
  parseArgs({
    args,
    allowPositionals: true,
    options: {
      config: { type: 'string' },
      boot: { type: 'string' },
      data: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
      json: { type: 'boolean' },
      capture: { type: 'boolean' },
      day: { type: 'string' },
      once: { type: 'boolean' },
      tags: { type: 'string' },
    },
  });

/** The program itself: its command line, its exit code. */
export async function program(): Promise<void> {
  const workBegins = endWithReader(process.stdout, (code) => process.exit(code));
  process.exitCode = await main(process.argv.slice(2), workBegins);
}

if (import.meta.main) await program();
