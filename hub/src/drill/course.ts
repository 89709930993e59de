import type { DrillFigures } from '@vigie/shared/protocol/drill';
import type { DrillRow, PairReport } from '../store/drills.ts';
import type { DrillConfig } from './drill-config.ts';

/** A source and a destination of the device, and the newest report of both since its return. */
export type PairStanding = { source: string; destination: string; report: PairReport | undefined };

/** What is known of a drill's device now. */
export type DrillFacts = {
  drill: DrillRow;
  told: DrillFigures | null;
  presence: 'online' | 'late' | 'offline';
  presenceSince: number;
  /** Has the device told its state since it came back? */
  hasTold: boolean;
  /** Does the outage still wait for the reports that follow each one? */
  outageIsOpen: boolean;
  /** Deliveries that it still owes to all its destinations. */
  backlog: number;
  /** Why deliveries do not go through, by destination. */
  faults: readonly string[];
  /** Those that the hub can compare. */
  pairs: readonly PairStanding[];
  /** May a person still order what mends a report? */
  personMayMend: boolean;
  limits: DrillConfig;
  now: number;
};

export type DrillStep =
  | { do: 'wait' }
  /** Order it of the device, or order it again. */
  | { do: 'order' }
  | { do: 'note'; values: Partial<Pick<DrillRow, 'state' | 'vanishedAt' | 'returnedAt' | 'drainedAt'>> }
  | { do: 'compare'; pairs: PairStanding[] }
  /** There is nothing more to wait for; `greenAt` is null where it did not become green. */
  | { do: 'end'; greenAt: number | null };

/** How long the device may take to answer the order. */
const ANSWER_WITHIN_MS = 90_000;
/** A live source always has a picture or two on its way. */
export const FRESH_MAX = 2;
/** Between two reports of one pair: so long, and twice as long after each. */
const AGAIN_AFTER_MS = 10_000;
const WAIT: DrillStep = { do: 'wait' };

/** What follows for a drill that has not ended. */
export function nextStep(facts: DrillFacts): DrillStep {
  const { drill, told, presence, presenceSince, limits, now } = facts;
  switch (drill.state) {
    case 'ordered':
      return now - drill.orderedAt > ANSWER_WITHIN_MS ? { do: 'end', greenAt: null } : { do: 'order' };
    case 'begun':
      if (presence === 'offline' && presenceSince >= drill.orderedAt) {
        return { do: 'note', values: { state: 'away', vanishedAt: presenceSince } };
      }
      // It says that it was away, and nobody here has noticed.
      if (told !== null) return { do: 'note', values: { state: 'back', returnedAt: now } };
      break;
    case 'away':
      if (presence === 'online') return { do: 'note', values: { state: 'back', returnedAt: presenceSince } };
      break;
    case 'back':
      return afterReturn(facts);
    default:
      return WAIT;
  }
  const latest = (drill.begunAt ?? drill.orderedAt) + drill.forMs + limits.returnWithin;
  return now > latest ? { do: 'end', greenAt: null } : WAIT;
}

function afterReturn(facts: DrillFacts): DrillStep {
  const { drill, told, hasTold, outageIsOpen, backlog, pairs, personMayMend, limits, now } = facts;
  if (now > (drill.returnedAt ?? now) + limits.greenWithin) return { do: 'end', greenAt: null };
  if (told === null || !hasTold) return WAIT;
  const isDrained = backlog <= FRESH_MAX;
  if (isDrained && drill.drainedAt === null) return { do: 'note', values: { drainedAt: now } };
  if (outageIsOpen) return WAIT;
  if (pairs.length === 0) return isDrained ? { do: 'end', greenAt: now } : WAIT;

  const due = pairs.filter(({ report }) => isDue(report, isDrained, now));
  if (due.length > 0) return { do: 'compare', pairs: due };
  const reports = pairs.flatMap(({ report }) => report ?? []);
  if (reports.length < pairs.length || reports.some(isUnderWay)) return WAIT;
  if (reports.some((report) => report.missing > report.waiting)) {
    return personMayMend ? WAIT : { do: 'end', greenAt: null };
  }
  if (reports.some((report) => report.waiting > FRESH_MAX)) return WAIT;
  return { do: 'end', greenAt: Math.max(...reports.map((report) => report.completedAt ?? now)) };
}

const isOver = ({ state }: PairReport): boolean => state !== 'queued' && state !== 'running';

/** Something is still to come of it: its own end, its re-syncs, or the report that follows them. */
const isUnderWay = (report: PairReport): boolean =>
  report.state !== 'completed' || report.hasOpenJobs || report.willMend;

/** Is there no report that says how the pair is now, and could one? */
function isDue(report: PairReport | undefined, isDrained: boolean, now: number): boolean {
  if (report === undefined) return isDrained;
  if (!isOver(report) || now - report.createdAt < AGAIN_AFTER_MS * 2 ** Math.min(report.count - 1, 6)) return false;
  if (report.state !== 'completed') return true;
  return isDrained && !isUnderWay(report) && report.waiting > FRESH_MAX;
}
