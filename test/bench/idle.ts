import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSystemError } from '@vigie/shared/kit/errors';
import type { BenchRow } from '../../scripts/bench/row.ts';
import { startSshd } from '../../scripts/sshd.ts';
import { admitDevice } from '../../scripts/start/account.ts';
import { DEVICE, writeConfiguration } from '../../scripts/start/configuration.ts';
import { openFolder } from '../../scripts/start/folder.ts';
import { keptPorts } from '../../scripts/start/ports.ts';
import { startProgram } from '../../scripts/start/program.ts';

/** What is promised is for one capture in this time; the measured agent takes them more often, and the rest is quiet. */
const PROMISED_S = 300;
const INTERVAL_S = 30;
/** From the agent's start to the end of its first capture's work. */
const SETTLE_S = 120;
/** Of /proc: clock ticks a second, the same on every Linux that Node runs on. */
const TICKS_A_SECOND = 100;

/**
 * The agent as its launcher starts it, with its hub and its SFTP destination, over one interval with one capture in it: the most memory
 * that it had between captures, and at them with the process that works on pictures; and its share of a core at one capture in
 * five minutes, where further quiet seconds cost what the measured ones did.
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
  const pid = agent.pid as number;
  const second = async () => {
    const early = await Promise.race([agent.ended, sleep(1000)]);
    if (typeof early === 'string') throw new Error(`the agent ended with ${early}: ${agent.tail().join('\n')}`);
  };
  // Its first capture is part of its start.
  let seen = false;
  for (let waited = 0; !seen || childrenOf(pid).length > 0; waited += 1) {
    if (waited > SETTLE_S) throw new Error(`no picture was worked on within ${SETTLE_S} s: ${agent.tail().join('\n')}`);
    seen ||= childrenOf(pid).length > 0;
    await second();
  }

  const begin = usage(pid).cpuSeconds;
  const most = { quiet: 0, own: 0, together: 0 };
  const quiet = { seconds: 0, cpu: 0 };
  for (let at = 0; at < INTERVAL_S; at += 1) {
    const before = usage(pid);
    await second();
    const now = usage(pid);
    const children = childrenOf(pid);
    most.own = Math.max(most.own, now.residentMb);
    most.together = Math.max(
      most.together,
      children.reduce((sum, id) => sum + residentMb(id), now.residentMb),
    );
    // What a process has used is told of its children when they have ended.
    if (children.length > 0 || now.childCpuSeconds > before.childCpuSeconds) continue;
    most.quiet = Math.max(most.quiet, now.residentMb);
    quiet.seconds += 1;
    quiet.cpu += now.cpuSeconds - before.cpuSeconds;
  }
  if (childrenOf(pid).length > 0) throw new Error('the process that works on pictures did not end within the interval');
  const used = usage(pid).cpuSeconds - begin;
  const rest = (quiet.cpu / quiet.seconds) * (PROMISED_S - INTERVAL_S);
  const share = ((used + rest) / PROMISED_S) * 100;
  const megabytes = { unit: 'MB', peer: null };
  const processor = { what: 'agent idle, processor, its captures with it', unit: '% of a core', ours: share };
  return [
    {
      ...megabytes,
      what: 'agent idle, most resident memory between captures',
      ours: most.quiet,
      goal: 'at most 100 MB',
      met: most.quiet <= 100,
    },
    { ...megabytes, what: 'the same at a capture', ours: most.own, goal: 'at most 100 MB', met: most.own <= 100 },
    {
      ...megabytes,
      what: 'at a capture, with the process that works on the picture',
      ours: most.together,
      goal: 'none',
      met: true,
    },
    { ...processor, peer: null, goal: 'at most 1 %', met: share <= 1 },
  ];
}

/** The processes that a process has started and that have not ended. Source: proc_pid_task_tid_children(5). */
function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean).map(Number);
}

type Usage = { cpuSeconds: number; childCpuSeconds: number; residentMb: number };

/** What a process has used, `cpuSeconds` with what its ended children had. Source: proc_pid_stat(5). */
function usage(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = (from: number, to: number) => fields.slice(from, to).reduce((sum, field) => sum + Number(field), 0);
  return {
    cpuSeconds: ticks(11, 15) / TICKS_A_SECOND,
    childCpuSeconds: ticks(13, 15) / TICKS_A_SECOND,
    residentMb: residentMb(pid),
  };
}

/** 0 for a process that has ended. */
function residentMb(pid: number): number {
  try {
    const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0;
    return (Number(kilobytes) * 1024) / 1e6;
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'ESRCH')) throw error;
    return 0;
  }
}
