import { spawn } from 'node:child_process';

const TIME_LIMIT_MS = 120_000;

/** Runs a program to its end, with this text as its input, and returns what it printed. */
export function run(program: string, args: string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: TIME_LIMIT_MS });
    let [out, words] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      words += text;
    });
    child.once('error', (error) => reject(new Error(`run "${program}": ${error.message}`, { cause: error })));
    child.once('close', (code, signal) => {
      if (code === 0) resolve(out);
      else reject(new Error(`run "${program} ${args.join(' ')}": it ended with ${signal ?? code}: ${words.trim()}`));
    });
    // A program that ended before it has read all of it is told by its exit code.
    child.stdin.once('error', (error) => {
      words += ` ${error.message}`;
    });
    child.stdin.end(input);
  });
}
