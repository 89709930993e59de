import { systemClock as clock } from '@vigie/shared/kit/clock';
import type { AgentConfig } from '../config.ts';
import { examine, exitCodeOf } from '../doctor/examine.ts';
import { asJson, asLines, asTable } from '../doctor/findings-text.ts';
import { doctorChecks } from './doctor-checks.ts';

export type DoctorOptions = { file: string; json: boolean; capture: boolean };

/** A check that has no limit of its own. */
const LIMIT_MS = 30_000;

/**
 * `vigie-agent doctor`: looks at everything around the agent that can be wrong, and says of each thing what it is and how to mend it. The
 * agent may run meanwhile. Returns the exit code: 0 all is well, 1 there is something to mend.
 */
export async function doctor(config: AgentConfig, { json, capture }: DoctorOptions): Promise<0 | 1> {
  const found = await examine(await doctorChecks(config, { capture }), { limitMs: LIMIT_MS, clock });
  const { stdout } = process;
  const text = json ? asJson(found) : stdout.isTTY ? asTable(found, stdout.columns) : asLines(found);
  await new Promise<void>((resolve) => stdout.write(text, () => resolve()));
  return exitCodeOf(found);
}
