/** Calls that wait for one another: each begins when the one before it has ended, in whatever way. Its error goes to its own caller. */
export function inTurns(): <T>(act: () => Promise<T>) => Promise<T> {
  let turn: Promise<unknown> = Promise.resolve();
  const ended = () => undefined;
  return (act) => {
    const result = turn.then(act, act);
    // Its error is for whoever asked; the next one only waits for its end.
    turn = result.then(ended, ended);
    return result;
  };
}
