import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/** A password from a person who does not see it as they type, or the first line of standard input that is no terminal. */
export async function askPassword(question: string): Promise<string> {
  const terminal = process.stdin.isTTY === true;
  // The terminal's echo goes through this: it swallows everything after the question.
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  if (terminal) process.stderr.write(question);
  const lines = createInterface({ input: process.stdin, output: silent, terminal });
  try {
    for await (const line of lines) return line;
    return '';
  } finally {
    lines.close();
    if (terminal) process.stderr.write('\n');
  }
}
