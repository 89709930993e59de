import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchRow } from '../../scripts/bench/row.ts';
import { startSshd } from '../../scripts/sshd.ts';
import { admitDevice } from '../../scripts/start/account.ts';
import { DEVICE, writeConfiguration } from '../../scripts/start/configuration.ts';
import { openFolder } from '../../scripts/start/folder.ts';
import { keptPorts } from '../../scripts/start/ports.ts';
import { startProgram } from '../../scripts/start/program.ts';

const INTERVAL_S = 300;
const SETTLE_S = 15;
/** Of /proc: clock ticks a second, the same on every Linux that Node runs on. */
const TICKS_A_SECOND = 100;

/**
 * The agent at one capture in five minutes, with its hub and its SFTP destination: the most memory that it had, and its share of
 * a core, over one whole interval with one capture in it.
 */
export async function benchIdle(): Promise<BenchRow[]> {
  await using parts = new AsyncDisposableStack();
  const root = mkdtempSync(join(tmpdir(), 'vigie-bench-'));
  parts.defer(() => rmSync(root, { recursive: true, force: true }));
  const folder = parts.use(openFolder(root, false));
  const ports = await keptPorts(folder);
  const sshd = parts.use(await startSshd({ folder: folder.file('sshd'), port: ports.sftp }));
  await writeConfiguration(folder, ports, sshd);
  const config = folder.file('agent.yaml');
  writeFileSync(config, readFileSync(config, 'utf8').replace('every: 5s', `every: ${INTERVAL_S}s`));
  await admitDevice(DEVICE, folder.file('agent-password'), folder.file('broker-accounts'));

  const start = (name: string, ...args: string[]) => {
    const launcher = join(dirname(dirname(import.meta.dirname)), name, 'bin', `vigie-${name}`);
    const program = startProgram(name, [launcher, ...args], folder.file(`${name}.log`));
    parts.defer(() => program.stop(15_000));
    return program;
  };
  const hub = start('hub', 'serve', '--config', folder.file('hub.yaml'));
  if (!(await hub.line(/dashboard:/i, 60_000))) throw new Error(`start the hub: ${hub.tail().join('\n')}`);
  const agent = start('agent', 'run', '--config', config);
  const early = await Promise.race([agent.ended, sleep(SETTLE_S * 1000)]);
  if (typeof early === 'string') throw new Error(`the agent ended with ${early}: ${agent.tail().join('\n')}`);

  const before = usage(agent.pid as number);
  let residentMax = 0;
  for (let second = 0; second < INTERVAL_S; second += 1) {
    await sleep(1000);
    residentMax = Math.max(residentMax, usage(agent.pid as number).residentMb);
  }
  const share = ((usage(agent.pid as number).cpuSeconds - before.cpuSeconds) / INTERVAL_S) * 100;
  const memory = { what: 'agent idle, most resident memory', unit: 'MB', ours: residentMax };
  const processor = { what: 'agent idle, processor', unit: '% of a core', ours: share };
  return [
    { ...memory, peer: null, goal: 'at most 100 MB', met: residentMax <= 100 },
    { ...processor, peer: null, goal: 'at most 1 %', met: share <= 1 },
  ];
}

/** What a process has used. Source: proc(5). */
function usage(pid: number): { cpuSeconds: number; residentMb: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const resident = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND,
    residentMb: (Number(resident) * 1024) / 1e6,
  };
}
