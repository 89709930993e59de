import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';

/**
 * Has somebody set this machine's clock by a source of true time? True or false by the kernel's word, or undefined where
 * nobody can be asked. It never throws.
 */
export type ClockWord = () => Promise<boolean | undefined>;

/** Ways to ask, in this order; each answers undefined where it is not to be had. */
export type ClockWitness = { name: string; ask: ClockWord };

/**
 * The kernel keeps one flag that ntpd, chrony and systemd-timesyncd all clear when they have set the clock. Reading it takes no
 * rights, but there is no file of it: the call is made by Perl, which every Debian has, and else by systemd. Source: adjtimex(2):
 * with `modes` 0 nothing is set, and the answer is TIME_ERROR (5) while the clock is not synchronised.
 */
export const kernelWitnesses: ClockWitness[] = [
  { name: 'adjtimex by perl', ask: () => adjtimexByPerl(process.arch) },
  { name: 'adjtimex of busybox', ask: () => run('busybox', ['adjtimex'], flagOf) },
  { name: 'timedatectl', ask: () => run('timedatectl', ['show', '--property=NTPSynchronized', '--value'], yesOrNo) },
  { name: 'systemd-timesyncd', ask: () => exists('/run/systemd/timesync/synchronized') },
];

/** Asks until one answers. */
export function clockWord(witnesses: readonly ClockWitness[]): ClockWord {
  return async () => {
    for (const { ask } of witnesses) {
      const word = await ask();
      if (word !== undefined) return word;
    }
    return undefined;
  };
}

/** Numbers of the call. Source: the kernel's tables of system calls. */
const ADJTIMEX: Partial<Record<NodeJS.Architecture, number>> = { x64: 159, arm64: 171, arm: 124, ia32: 124 };
const TIME_ERROR = 5;
const LIMIT_MS = 5_000;

function adjtimexByPerl(arch: NodeJS.Architecture): Promise<boolean | undefined> {
  const call = ADJTIMEX[arch];
  if (call === undefined) return Promise.resolve(undefined);
  // 512 zero bytes are more than any struct timex; it says what the call answered.
  const program = `my $timex = "\\0" x 512; print syscall(${call}, $timex)`;
  return run('perl', ['-e', program], (text) => {
    const answer = Number(text);
    return text === '' || !Number.isInteger(answer) || answer < 0 ? undefined : answer !== TIME_ERROR;
  });
}

/** `status: 64` in busybox's table has the flag STA_UNSYNC. */
function flagOf(text: string): boolean | undefined {
  const status = /status:\s*(\d+)/.exec(text)?.[1];
  return status === undefined ? undefined : (Number(status) & 64) === 0;
}

const yesOrNo = (text: string): boolean | undefined => (text === 'yes' ? true : text === 'no' ? false : undefined);

/** What a program says, judged; undefined where it is not there, fails or takes too long. */
function run<T>(program: string, args: string[], judge: (text: string) => T | undefined): Promise<T | undefined> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: LIMIT_MS, maxBuffer: 65_536 }, (error, stdout) =>
      resolve(error ? undefined : judge(stdout.trim())),
    );
  });
}

/** The file is made once the clock has been set in this boot; where it is absent nothing is known. */
const exists = (file: string): Promise<true | undefined> =>
  access(file).then(
    () => true as const,
    // Whatever keeps it from being seen: nothing is known.
    () => undefined,
  );
