/**
 * A stream that several producers fill with batches, for one reader. A producer that is far ahead of the reader waits in
 * `push`. A reader that leaves early aborts the signal that the producers get; a producer's failure is the reader's.
 */
export function streamOfBatches<T>(
  produce: (push: (batch: T[]) => Promise<void>, signal: AbortSignal) => Promise<void>,
  options: StreamOptions<T>,
): AsyncIterable<T> {
  return { [Symbol.asyncIterator]: () => start(produce, options) };
}

type StreamOptions<T> = {
  aheadMax: number;
  signal?: AbortSignal | undefined;
  /** What a batch counts towards `aheadMax`; absent: its length. */
  weigh?: (batch: readonly T[]) => number;
};

function start<T>(
  produce: (push: (batch: T[]) => Promise<void>, signal: AbortSignal) => Promise<void>,
  options: StreamOptions<T>,
): AsyncIterator<T> {
  const { weigh = (batch: readonly T[]) => batch.length } = options;
  const left = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, left.signal]) : left.signal;
  const batches: T[][] = [];
  let ahead = 0;
  let current: T[] = [];
  let next = 0;
  let failure: { error: unknown } | undefined;
  let ended = false;
  let wakeReader = () => {};
  const wakeProducers: (() => void)[] = [];

  const free = () => {
    for (const wake of wakeProducers.splice(0)) wake();
  };
  async function push(batch: T[]): Promise<void> {
    signal.throwIfAborted();
    if (batch.length === 0) return;
    batches.push(batch);
    ahead += weigh(batch);
    wakeReader();
    while (ahead > options.aheadMax) {
      signal.throwIfAborted();
      await new Promise<void>((wake) => wakeProducers.push(wake));
    }
  }
  const work = (async () => {
    // One turn later, so that a signal that is aborted already is told by the first `next`.
    await null;
    signal.throwIfAborted();
    signal.addEventListener('abort', free, { once: true });
    await produce(push, signal);
  })()
    .catch((error: unknown) => {
      failure = { error: signal.aborted ? signal.reason : error };
    })
    .finally(() => {
      ended = true;
      signal.removeEventListener('abort', free);
      wakeReader();
    });

  async function turn(): Promise<IteratorResult<T>> {
    for (;;) {
      if (failure) throw failure.error;
      const batch = batches.shift();
      if (batch) {
        ahead -= weigh(batch);
        if (ahead <= options.aheadMax) free();
        current = batch;
        next = 1;
        return { done: false, value: batch[0] as T };
      }
      if (ended) return { done: true, value: undefined };
      const { promise, resolve } = Promise.withResolvers<void>();
      wakeReader = resolve;
      await promise;
    }
  }

  return {
    next() {
      if (next < current.length) return Promise.resolve({ done: false, value: current[next++] as T });
      return turn();
    },
    async return() {
      left.abort(new Error('the reader left'));
      free();
      await work;
      return { done: true, value: undefined };
    },
  };
}

/**
 * Visits a tree in parallel: `visit` gets a worker's tool and a node, and answers with the nodes below it. Last come, first
 * served, so that the list of what is to be done stays short. The first failure ends all.
 */
export async function visitTree<Node, Tool>(
  roots: Node[],
  tools: (() => Promise<Tool>)[],
  visit: (tool: Tool, node: Node) => Promise<Node[]>,
  signal: AbortSignal,
): Promise<void> {
  const open = roots.reverse();
  let visiting = 0;
  let failed = false;
  let waiting: (() => void)[] = [];
  const wakeAll = () => {
    const wakes = waiting;
    waiting = [];
    for (const wake of wakes) wake();
  };

  async function worker(makeTool: () => Promise<Tool>): Promise<void> {
    let tool: Tool | undefined;
    for (;;) {
      signal.throwIfAborted();
      if (failed) return;
      const node = open.pop();
      if (node === undefined) {
        if (visiting === 0) return wakeAll();
        await new Promise<void>((wake) => waiting.push(wake));
        continue;
      }
      visiting += 1;
      try {
        tool ??= await makeTool();
        const below = await visit(tool, node);
        for (let at = below.length - 1; at >= 0; at--) open.push(below[at] as Node);
      } catch (error) {
        failed = true;
        throw error;
      } finally {
        visiting -= 1;
        wakeAll();
      }
    }
  }
  await Promise.all(tools.map(worker));
}
