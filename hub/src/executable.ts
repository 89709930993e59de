import { program } from './main.ts';

/** The packed hub begins here. */
program().catch((error: unknown) => {
  process.stderr.write(`${(error as Error | undefined)?.stack ?? String(error)}\n`);
  process.exitCode = 3;
});
