import type Database from 'better-sqlite3';
import type { Life } from './time.ts';

/** What a program meets that goes on for a moment after its power was cut: nothing of it may have an effect. */
export class PowerCut extends Error {
  constructor() {
    super('the power is cut');
    this.name = 'PowerCut';
  }
}

/** Has a program do something, which may be its last deed. */
export function withPower(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof PowerCut)) throw error;
  }
}

/**
 * Joins a database to the life of its program: after the cut no statement does anything, and a transaction that is open is rolled back.
 * `cutAfter` tells before how many further statements that write the power is cut: in the middle of transactions too.
 *
 * A history asks the same hundred questions thousands of times, so each is compiled once.
 */
export function connectPower(sqlite: Database.Database, life: Life): { cutAfter(writes: number): void } {
  let left = Number.POSITIVE_INFINITY;
  const known = new Map<string, Database.Statement>();
  const prepare = sqlite.prepare.bind(sqlite) as (text: string) => Database.Statement;

  const spend = (writes: boolean): void => {
    if (writes && left-- <= 0 && !life.isOver) life.cut();
    if (life.isOver) throw new PowerCut();
  };
  function compile(text: string): Database.Statement {
    const statement = prepare(text);
    const { readonly } = statement;
    for (const verb of ['run', 'all', 'get'] as const) {
      const act = (statement[verb] as (...given: unknown[]) => unknown).bind(statement);
      Object.defineProperty(statement, verb, {
        value: (...given: unknown[]) => {
          spend(!readonly);
          return act(...given);
        },
      });
    }
    known.set(text, statement);
    return statement;
  }
  const kept = (text: string): Database.Statement => {
    const statement = known.get(text) ?? compile(text);
    return statement.reader ? statement.raw(false) : statement;
  };
  Object.defineProperty(sqlite, 'prepare', { value: kept });
  return {
    cutAfter(writes) {
      left = writes;
    },
  };
}
