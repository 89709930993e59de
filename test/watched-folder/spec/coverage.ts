/** How many lines each section of the specification has; they are numbered from 01 on. */
const LINES: Record<string, number> = {
  A: 20,
  B: 10,
  C: 28,
  D: 9,
  E: 14,
  F: 8,
  G: 9,
  H: 29,
  I: 7,
  J: 9,
  K: 6,
  L: 13,
  M: 8,
  N: 6,
  O: 4,
  P: 6,
  Q: 4,
  S: 16,
};

/** The codes of all lines of the specification, in order. */
export const CODES: readonly string[] = Object.entries(LINES).flatMap(([section, count]) =>
  Array.from({ length: count }, (_, index) => `${section}${String(index + 1).padStart(2, '0')}`),
);

/** The lines that do not apply, and why. */
export const NOT_APPLICABLE: Readonly<Record<string, string>> = {
  A12: 'No server checks who calls an operation: it runs with the rights of the agent’s system user, whom the service unit names.',
  A13: 'A domain belongs to the user of A12, and there is none.',
  A14: 'No operation is a process that outlives its call, so there is no second context in which one could run.',
  A16: 'It is about the accounts of Windows services; the user, group and modes that are needed are in docs/watched-folder.md.',
  E14: 'There are no workflows: an operation is one call, and nothing would carry a variable from one step to the next.',
  F07: 'There are no workflows: the flag holds for every operation, as F02 and F03 show.',
  L09: 'Jobs run in the engine’s own process: nothing could call back while it is not running; N03 is the crash in between.',
  M04: 'The engine that claims a file also works on it: work is spread by who claims (M07), and a dead engine’s by who takes over (M05).',
  S11: 'It says that a path in an example of the original is an example; there is no behaviour in it.',
};

/** The lines that are not true yet, and what is missing. */
export const NOT_YET: Readonly<Record<string, string>> = {};
