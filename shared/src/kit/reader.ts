/** What a shell tells of a tool that a closed pipe has ended: 128 and the number of SIGPIPE. Source: signal(7), bash(1). */
export const READER_GONE = 141;

/**
 * A reader of standard output may have seen enough (`| head`). Node ignores SIGPIPE and throws instead; a command that has nothing
 * to do but print ends quietly here, with `READER_GONE`, since what was to be said is not said whole.
 *
 * Returns what a program calls when its work begins: from then on it goes on without a reader.
 */
export function endWithReader(
  output: Pick<NodeJS.WriteStream, 'on'>,
  exit: (code: typeof READER_GONE) => void,
): () => void {
  let hasWork = false;
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    if (!hasWork) exit(READER_GONE);
  });
  return () => {
    hasWork = true;
  };
}
