/**
 * What some work has cost everything else: for how long the event loop was busy with it at most without a turn for anybody, in processor
 * time, which does not tell of what else the machine does meanwhile; and how far memory grew, in bytes.
 */
export type Cost = { longestMs: number; lastedMs: number; grownBytes: number };

export async function costOf(work: () => Promise<void>): Promise<Cost> {
  const spentMs = () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1_000;
  };
  const before = process.memoryUsage.rss();
  const started = performance.now();
  let peak = before;
  let longestMs = 0;
  let last = spentMs();
  const look = () => {
    const now = spentMs();
    longestMs = Math.max(longestMs, now - last);
    last = now;
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  const looking = setInterval(look, 1);
  try {
    await work();
    // What it was busy with last is counted too.
    await new Promise((turn) => setTimeout(turn, 5));
  } finally {
    clearInterval(looking);
    look();
  }
  return { longestMs, lastedMs: performance.now() - started, grownBytes: peak - before };
}
