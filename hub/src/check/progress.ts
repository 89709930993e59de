/** What has been read of each side so far. */
export type Progress = { name: string; folders: number; entries: number };

const TERMINAL_EVERY_MS = 200;
const PLAIN_EVERY_MS = 10_000;

/**
 * Tells on standard error how far the sides are: on a terminal one line that is written over and at last cleared, in a
 * pipe a plain line now and then. The returned function ends it.
 */
export function showProgress(sides: Progress[]): () => void {
  const terminal = process.stderr.isTTY;
  const text = (): string =>
    sides
      .map(({ name, folders, entries }) => {
        const below = folders > 0 ? ` in ${folders.toLocaleString('en-US')} folders` : '';
        return `${name}: ${entries.toLocaleString('en-US')} entries${below}`;
      })
      .join(' · ');
  const show = () => process.stderr.write(terminal ? `\r${text()}\x1b[K` : `${text()}\n`);
  const timer = setInterval(show, terminal ? TERMINAL_EVERY_MS : PLAIN_EVERY_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    if (terminal) process.stderr.write('\r\x1b[K');
  };
}
