/** One measurement of `pnpm bench`: ours, a peer's beside it where there is one, and whether the goal is met. */
export type BenchRow = {
  /** What was measured, with its size: "upload of 100 × 4.5 MB". */
  what: string;
  unit: string;
  ours: number;
  /** The peer by its command, and its figure; null where there is none. */
  peer: { name: string; value: number } | null;
  /** In words: "at least 0.8 ×". */
  goal: string;
  met: boolean;
};
