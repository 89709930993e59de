import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { destinationConfig } from '@vigie/shared/remote/destination-config';
import { INVENTORY_HEADER, inventoryEnd, inventoryLine } from '../../hub/src/check/inventory-file.ts';
import type { BenchRow } from '../../scripts/bench/row.ts';
import { startSshd } from '../../scripts/sshd.ts';
import { VIGIE_HUB } from '../hub/check/run.ts';
import { layDays, listedPair } from '../hub/report/listed-pair.ts';

const FILES = 200_000;
const DAYS = 140;
const STORED_ENTRIES = 1_000_000;
const STORED_LIMIT_S = 1.5;
const STORED_LIMIT_MB = 300;
const LOCAL_FILES = 1_000_000;
const LOCAL_DAYS = 695;
/** Where files cost neither disk nor flushes: what is measured is the listing. */
const MEMORY_FOLDER = '/dev/shm';
const SFTP_RATIO = 0.6;
const UNCHANGED_FILES = 200_000;
const UNCHANGED_DAYS = 695;
const UNCHANGED_RATIO = 1.25;
const RUNS = 3;
const RUN_LIMIT_MS = 300_000;

/** Checks at the size of a large archive, beside rclone: the median of three runs each, in turn. */
export async function benchCheck(): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'vigie-bench-check-'));
  try {
    return [
      await overSftp(folder),
      ...(await ofStoredInventories(folder)),
      await ofDirectories(),
      await ofUnchangedPair(),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A second report on a pair that has not changed, over SFTP: at ten times the files it is to take no longer. */
async function ofUnchangedPair(): Promise<BenchRow> {
  const few = await secondReport(UNCHANGED_FILES / 10);
  const many = await secondReport(UNCHANGED_FILES);
  const days = UNCHANGED_DAYS.toLocaleString('en-US');
  return {
    what: `second report on an unchanged pair of ${UNCHANGED_FILES.toLocaleString('en-US')} files in ${days} days, over SFTP`,
    unit: 's',
    ours: many,
    peer: { name: `the same with ${(UNCHANGED_FILES / 10).toLocaleString('en-US')} files`, value: few },
    goal: `at most ${UNCHANGED_RATIO} ×`,
    met: many <= UNCHANGED_RATIO * few,
  };
}

async function secondReport(files: number): Promise<number> {
  const folder = mkdtempSync(join(MEMORY_FOLDER, 'vigie-bench-report-'));
  try {
    await using sshd = await startSshd({ folder: `${folder}/sshd` });
    const entries = layDays(`${folder}/root`, UNCHANGED_DAYS, Math.ceil(files / UNCHANGED_DAYS));
    mkdirSync(`${folder}/hub`);
    using pair = listedPair(
      `${folder}/hub`,
      destinationConfig.parse({
        ...{ name: 'archive', type: 'sftp', host: sshd.host, port: sshd.port, user: sshd.user },
        ...{ identityFile: sshd.identityFile, knownHosts: sshd.knownHosts },
        ...{ root: `${folder}/root`, folder: '{source}' },
      }),
    );
    await pair.takes(entries);
    const first = await pair.report();
    const times: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const began = performance.now();
      const { figures, listing } = await pair.report();
      times.push((performance.now() - began) / 1000);
      const isUnchanged = listing.entriesCompared === 0 && listing.daysListed === 0;
      if (!isUnchanged || figures.matched.count !== entries.length || first.figures.matched.count !== entries.length) {
        throw new Error(`time a report: it was not one of an unchanged pair: ${JSON.stringify(listing)}`);
      }
    }
    return median(times);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function ofDirectories(): Promise<BenchRow> {
  const folder = mkdtempSync(join(MEMORY_FOLDER, 'vigie-bench-check-'));
  try {
    const [left, right] = [`${folder}/left`, `${folder}/right`];
    layArchive(left, LOCAL_FILES, LOCAL_DAYS);
    execFileSync('cp', ['-al', left, right]);
    const ours: number[] = [];
    const peer: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const words = `all ${LOCAL_FILES.toLocaleString('en-US')} assets`;
      ours.push((await timed(VIGIE_HUB, ['check', left, right], 0, words)).seconds);
      const rclone = ['check', '--config', '/dev/null', '--size-only', left, right];
      peer.push((await timed('rclone', rclone, 0, `${LOCAL_FILES} matching`)).seconds);
    }
    return {
      what: `check of ${LOCAL_FILES.toLocaleString('en-US')} files, directory against directory`,
      unit: 's',
      ours: median(ours),
      peer: { name: 'rclone check --size-only', value: median(peer) },
      goal: 'at most 1.0 ×',
      met: median(ours) <= median(peer),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function overSftp(folder: string): Promise<BenchRow> {
  const [left, right] = [`${folder}/left`, `${folder}/right`];
  layArchive(left, FILES, DAYS);
  // Hard links: another tree of names, the same files.
  execFileSync('cp', ['-al', left, right]);
  await using sshd = await startSshd({ folder: `${folder}/sshd` });

  const keys = ['--identity', sshd.identityFile, '--known-hosts', sshd.knownHosts];
  const address = `sftp://${sshd.user}@${sshd.host}:${sshd.port}${right}`;
  const remote = `:sftp,host=${sshd.host},port=${sshd.port},user=${sshd.user},key_file="${sshd.identityFile}",known_hosts_file="${sshd.knownHosts}",shell_type=none:${right}`;
  const ours: number[] = [];
  const peer: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const words = `all ${FILES.toLocaleString('en-US')} assets`;
    ours.push((await timed(VIGIE_HUB, ['check', ...keys, left, address], 0, words)).seconds);
    const rclone = ['check', '--config', '/dev/null', '--size-only', left, remote];
    peer.push((await timed('rclone', rclone, 0, `${FILES} matching`)).seconds);
  }
  return {
    what: `check of ${FILES.toLocaleString('en-US')} files, directory against SFTP`,
    unit: 's',
    ours: median(ours),
    peer: { name: 'rclone check --size-only', value: median(peer) },
    goal: `at most ${SFTP_RATIO} ×`,
    met: median(ours) <= SFTP_RATIO * median(peer),
  };
}

async function ofStoredInventories(folder: string): Promise<BenchRow[]> {
  const sides = [`${folder}/left.ndjson`, `${folder}/right.ndjson`];
  sides.forEach((file, side) => {
    const lines = [INVENTORY_HEADER];
    for (let at = side; at < STORED_ENTRIES; at++) {
      const day = 20_260_000 + Math.floor(at / 1440);
      const path = `${day}/${day}${String(at % 1440).padStart(6, '0')}.jpg`;
      // As an agent tells them, with times and digests.
      const sha256 = createHash('sha256').update(path).digest('hex');
      lines.push(inventoryLine({ path, size: 4_500_000 + at, sha256, modifiedAt: 1_790_000_000_000 + at }));
    }
    lines.push(inventoryEnd(lines.length - 1));
    writeFileSync(file, lines.join(''));
  });
  const runs: { seconds: number; megabytes: number }[] = [];
  for (let run = 0; run < RUNS; run++) {
    runs.push(await timed(VIGIE_HUB, ['check', ...sides], 1, 'Not in sync: 1 of'));
  }
  const what = `check of two saved inventories of ${STORED_ENTRIES.toLocaleString('en-US')} entries, with times and digests`;
  const seconds = median(runs.map((run) => run.seconds));
  const megabytes = Math.max(...runs.map((run) => run.megabytes));
  return [
    { what, unit: 's', ours: seconds, peer: null, goal: `under ${STORED_LIMIT_S} s`, met: seconds < STORED_LIMIT_S },
    {
      what: `${what}, memory`,
      unit: 'MB',
      ours: megabytes,
      peer: null,
      goal: `under ${STORED_LIMIT_MB} MB`,
      met: megabytes < STORED_LIMIT_MB,
    },
  ];
}

/** Day folders of small files: what is measured is the listing. */
function layArchive(root: string, files: number, days: number): void {
  const perDay = Math.ceil(files / days);
  let left = files;
  for (let at = 0; at < days; at++) {
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

/** What a program's run took; it must end with the code and say the words, or its time means nothing. */
function timed(
  program: string,
  args: string[],
  code: number,
  words: string,
): Promise<{ seconds: number; megabytes: number }> {
  const began = performance.now();
  return new Promise((done, fail) => {
    const limits = { timeout: RUN_LIMIT_MS, maxBuffer: 64 * 1024 * 1024 };
    // The most memory that it ever took, in KiB, as the last line.
    execFile('/usr/bin/time', ['-f', '%M', program, ...args], limits, (error, stdout, stderr) => {
      const seconds = (performance.now() - began) / 1000;
      const ended = error === null ? 0 : error.code;
      const kibibytes = Number(stderr.trimEnd().split('\n').at(-1));
      if (ended === code && `${stdout}${stderr}`.includes(words) && kibibytes > 0) {
        done({ seconds, megabytes: (kibibytes * 1024) / 1_000_000 });
      } else fail(new Error(`time ${program}: it ended with ${ended}: ${stderr.slice(-1000)}`));
    });
  });
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}
