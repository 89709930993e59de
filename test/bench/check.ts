import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { INVENTORY_HEADER, inventoryEnd, inventoryLine } from '../../hub/src/check/inventory-file.ts';
import type { BenchRow } from '../../scripts/bench/row.ts';
import { startSshd } from '../../scripts/sshd.ts';
import { VIGIE_HUB } from '../hub/check/run.ts';

const FILES = 200_000;
const DAYS = 140;
const STORED_ENTRIES = 1_000_000;
const STORED_LIMIT_S = 10;
const RUNS = 3;
const RUN_LIMIT_MS = 300_000;

/** Checks at the size of a large archive, beside rclone: the median of three runs each, in turn. */
export async function benchCheck(): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'vigie-bench-check-'));
  try {
    return [await overSftp(folder), await ofStoredInventories(folder)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function overSftp(folder: string): Promise<BenchRow> {
  const [left, right] = [`${folder}/left`, `${folder}/right`];
  layArchive(left);
  // Hard links: another tree of names, the same files.
  execFileSync('cp', ['-al', left, right]);
  await using sshd = await startSshd({ folder: `${folder}/sshd` });

  const keys = ['--identity', sshd.identityFile, '--known-hosts', sshd.knownHosts];
  const address = `sftp://${sshd.user}@${sshd.host}:${sshd.port}${right}`;
  const remote = `:sftp,host=${sshd.host},port=${sshd.port},user=${sshd.user},key_file="${sshd.identityFile}",known_hosts_file="${sshd.knownHosts}",shell_type=none:${right}`;
  const ours: number[] = [];
  const peer: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    ours.push(
      await timed(VIGIE_HUB, ['check', ...keys, left, address], 0, `all ${FILES.toLocaleString('en-US')} assets`),
    );
    peer.push(
      await timed('rclone', ['check', '--config', '/dev/null', '--size-only', left, remote], 0, `${FILES} matching`),
    );
  }
  return {
    what: `check of ${FILES.toLocaleString('en-US')} files, directory against SFTP`,
    unit: 's',
    ours: median(ours),
    peer: { name: 'rclone check --size-only', value: median(peer) },
    goal: 'not slower',
    met: median(ours) <= median(peer),
  };
}

async function ofStoredInventories(folder: string): Promise<BenchRow> {
  const sides = [`${folder}/left.ndjson`, `${folder}/right.ndjson`];
  sides.forEach((file, side) => {
    const lines = [INVENTORY_HEADER];
    for (let at = side; at < STORED_ENTRIES; at++) {
      const day = 20_260_000 + Math.floor(at / 1440);
      lines.push(
        inventoryLine({ path: `${day}/${day}${String(at % 1440).padStart(6, '0')}.jpg`, size: 4_500_000 + at }),
      );
    }
    lines.push(inventoryEnd(lines.length - 1));
    writeFileSync(file, lines.join(''));
  });
  const ours: number[] = [];
  for (let run = 0; run < RUNS; run++) ours.push(await timed(VIGIE_HUB, ['check', ...sides], 1, 'Not in sync: 1 of'));
  const seconds = median(ours);
  return {
    what: `check of two saved inventories of ${STORED_ENTRIES.toLocaleString('en-US')} entries`,
    unit: 's',
    ours: seconds,
    peer: null,
    goal: `at most ${STORED_LIMIT_S} s`,
    met: seconds <= STORED_LIMIT_S,
  };
}

/** Day folders of small files: what is measured is the listing. */
function layArchive(root: string): void {
  const perDay = Math.ceil(FILES / DAYS);
  let left = FILES;
  for (let at = 0; at < DAYS; at++) {
    const day = new Date(Date.UTC(2026, 0, 1 + at)).toISOString().slice(0, 10).replaceAll('-', '');
    mkdirSync(`${root}/${day}`, { recursive: true });
    for (let index = 0; index < perDay && left > 0; index++, left--) {
      writeFileSync(
        `${root}/${day}/${day}${String(index).padStart(6, '0')}.${index % 2 ? 'jpg' : 'cr2'}`,
        'x'.repeat(index % 7),
      );
    }
  }
}

/** Seconds of a program's run; it must end with the code and say the words, or its time means nothing. */
function timed(program: string, args: string[], code: number, words: string): Promise<number> {
  const began = performance.now();
  return new Promise((done, fail) => {
    const limits = { timeout: RUN_LIMIT_MS, maxBuffer: 64 * 1024 * 1024 };
    execFile(program, args, limits, (error, stdout, stderr) => {
      const seconds = (performance.now() - began) / 1000;
      const ended = error === null ? 0 : error.code;
      if (ended === code && `${stdout}${stderr}`.includes(words)) done(seconds);
      else fail(new Error(`time ${program}: it ended with ${ended}: ${stderr.slice(-1000)}`));
    });
  });
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}
