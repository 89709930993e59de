import { createLog } from '@vigie/shared/kit/log';
import { readHubConfig } from '../config.ts';
import { startHub } from '../hub.ts';
import { parseCommand, UsageError } from './usage.ts';

export const SERVE_USAGE = `usage: vigie-hub serve --config FILE

  Runs the hub until it is told to stop (SIGTERM, SIGINT). When it is ready it prints the dashboard's address and, as long as
  there is no user, the one-time code that makes the first administrator.
`;

/** Runs the hub; returns the exit code. */
export async function serve(args: string[]): Promise<number> {
  const { values } = parseCommand('serve', {
    args,
    options: { config: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    process.stdout.write(SERVE_USAGE);
    return 0;
  }
  if (values.config === undefined) {
    throw new UsageError('serve: --config FILE is needed; see vigie-hub serve --help');
  }
  const config = readHubConfig(values.config);
  const stopped = new Promise<void>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => resolve());
  });
  await using hub = await startHub(config, createLog('vigie-hub', config.log));
  process.stdout.write(`dashboard: ${hub.url}\n`);
  if (hub.brokerUrl) process.stdout.write(`broker: ${hub.brokerUrl}\n`);
  if (hub.setupCode) process.stdout.write(`first administrator: one-time code ${hub.setupCode}\n`);
  await stopped;
  return 0;
}
