import Database from 'better-sqlite3';

/** What a ledger tells without being opened for writing. `faults` is what SQLite finds wrong with its pages. */
export type LedgerAnswer = { faults: string[]; clockFloor: number | null; held: Record<string, number> };

/** The ledger, looked through as a process of its own: SQLite reads every page, which may take long, and cannot be interrupted. */
export function readLedger(file: string): LedgerAnswer {
  const database = new Database(file, { readonly: true, fileMustExist: true });
  database.pragma('busy_timeout = 5000');
  const faults = (database.pragma('quick_check(20)') as { quick_check: string }[])
    .map((row) => row.quick_check)
    .filter((line) => line !== 'ok');
  const answer: LedgerAnswer = { faults, clockFloor: null, held: {} };
  if (faults.length > 0) return answer;
  const floor = database.prepare("select value from fact where key = 'clock-floor'").pluck().get();
  if (floor !== undefined) answer.clockFloor = Number(floor);
  const rows = database
    .prepare("select source, count(*) as count from asset where state = 'held' group by source")
    .all();
  for (const { source, count } of rows as { source: string; count: number }[]) answer.held[source] = count;
  return answer;
}

export function ledgerMain([file = '']: string[]): void {
  process.stdout.write(`${JSON.stringify(readLedger(file))}\n`);
}

if (import.meta.main) ledgerMain(process.argv.slice(2));
