import { createHash } from 'node:crypto';

/** Notes what happens, in its order. Ids that a program draws for itself are left out: they say nothing and differ each time. */
export type Trace = (what: string, about?: string) => void;

const TAIL_LINES = 60;

export function createTrace(passed: () => number) {
  const hash = createHash('sha256');
  const tail: string[] = [];
  let lines = 0;
  let isOver = false;
  const trace: Trace = (what, about = '') => {
    if (isOver) return;
    const line = `${(passed() / 1000).toFixed(3)} ${what} ${about}`.replace(/(resync|operator|drill)-[0-9a-f]+/g, '$1');
    hash.update(line).update('\n');
    lines += 1;
    tail.push(line);
    if (tail.length > 2 * TAIL_LINES) tail.splice(0, TAIL_LINES);
  };
  return {
    trace,
    /** The digest of the whole and its last lines. */
    end() {
      isOver = true;
      return { digest: hash.digest('hex'), lines, tail: tail.slice(-TAIL_LINES) };
    },
  };
}
