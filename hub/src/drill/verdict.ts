import type { DrillFigures } from '@vigie/shared/protocol/drill';
import type { DrillRow } from '../store/drills.ts';
import type { DrillFacts } from './course.ts';

/** How it came out, and why it did not pass. */
export type DrillVerdict = { passed: boolean; reasons: string[]; missing: number };

/** The hub's second look and the device's own count may differ by so much. */
const EARLY_MS = 2_000;

/** The verdict on a drill of which nothing more is to come. */
export function verdictOf(
  facts: Pick<DrillFacts, 'drill' | 'told' | 'pairs' | 'backlog' | 'faults' | 'limits'>,
  greenAt: number | null,
): DrillVerdict {
  const { drill, told, pairs, limits } = facts;
  const missing = pairs.map(({ source, destination, report }) => ({
    place: `${source} at ${destination}`,
    count: report?.state === 'completed' ? report.missing - report.waiting : 0,
  }));
  const reasons = [
    ...outage(drill, limits.returnWithin),
    ...(told ? duringIt(told, drill.forMs) : []),
    ...missing
      .filter(({ count }) => count > 0)
      .map(({ place, count }) => `${countOf(count, 'file')} of ${place} ${count === 1 ? 'is' : 'are'} missing.`),
    ...(drill.returnedAt !== null && greenAt === null ? notGreen(facts) : []),
  ];
  return { passed: reasons.length === 0, reasons, missing: missing.reduce((sum, { count }) => sum + count, 0) };
}

function outage(drill: DrillRow, returnWithinMs: number): string[] {
  if (drill.state === 'ordered') return ['The device did not answer the order.'];
  const reasons: string[] = [];
  if (drill.vanishedAt === null) reasons.push('It did not vanish: the hub noticed no loss of its link.');
  if (drill.returnedAt === null) reasons.push(`It did not return within ${spanOf(returnWithinMs)} of its time.`);
  return reasons;
}

function duringIt({ offlineMs, slots }: DrillFigures, forMs: number): string[] {
  const reasons: string[] = [];
  if (offlineMs < forMs - EARLY_MS) {
    reasons.push(
      `It was offline for ${spanOf(offlineMs)} of ${spanOf(forMs)}: its clock was set, or it was not running.`,
    );
  }
  const lost = slots.failed + slots.off;
  if (lost > 0) {
    const how = [
      ...(slots.failed > 0 ? [`${slots.failed} failed`] : []),
      ...(slots.off > 0 ? [`${slots.off} passed while the agent was not running`] : []),
    ];
    reasons.push(
      `${lost} of ${countOf(slots.expected, 'slot')} ${lost === 1 ? 'has' : 'have'} no picture: ${how.join(', ')}.`,
    );
  }
  return reasons;
}

function notGreen({ backlog, faults, limits, pairs }: Parameters<typeof verdictOf>[0]): string[] {
  const isMissing = pairs.some(
    ({ report }) => report && report.state === 'completed' && report.missing > report.waiting,
  );
  const queued = backlog > 0 ? [`${countOf(backlog, 'delivery', 'deliveries')} still wait.`] : [];
  // What is missing is said already.
  const late =
    isMissing && backlog === 0 ? [] : [`It was not green within ${spanOf(limits.greenWithin)} of its return.`];
  return [...late, ...queued, ...faults];
}

/** Of what was queued at the return, how much has been delivered: all of it once it was green. */
export function deliveredOf({ greenAt, lowest }: Pick<DrillRow, 'greenAt' | 'lowest'>, queued: number): number {
  return greenAt !== null ? queued : queued - Math.min(queued, lowest ?? queued);
}

const countOf = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

/** `90 s`, `12 min`, `2 h`: in the unit that it was given in, as far as that can be told. */
function spanOf(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds % 3600 === 0 && seconds > 0) return `${seconds / 3600} h`;
  return seconds % 60 === 0 && seconds > 0 ? `${seconds / 60} min` : `${seconds} s`;
}
