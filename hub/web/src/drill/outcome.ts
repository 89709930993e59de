import type { Drill } from '../api/documents.ts';
import { bytesText, countText } from '../format/amounts.ts';
import { clockText, durationText, instantText, millisOf } from '../format/times.ts';
import type { Outcome } from '../report/outcome.ts';

export const isEnded = (drill: Pick<Drill, 'endedAt'>): boolean => drill.endedAt !== null;

/** What a drill says, in a word or two. */
export const LABELS: Record<Drill['state'], string> = {
  ordered: 'Ordered',
  begun: 'Begun',
  away: 'Away',
  back: 'Back, catching up',
  passed: 'Passed',
  failed: 'Failed',
  refused: 'Refused',
};

/** What a drill says, in one line and one sentence. */
export function drillOutcome(drill: Drill): Outcome {
  const until = drill.until ? clockText(drill.until) : undefined;
  switch (drill.state) {
    case 'ordered':
      return { tone: 'calm', title: 'Ordered', detail: 'The device has not answered yet.' };
    case 'begun':
    case 'away':
      return {
        tone: 'calm',
        title: until ? `Away until ${until}` : 'Away',
        detail: 'The device acts as in an outage. Nobody can reach it meanwhile: it comes back by itself.',
      };
    case 'back':
      return {
        tone: 'calm',
        title: 'Back, and catching up',
        detail: 'It delivers what it has kept; then both sides are compared.',
      };
    case 'passed':
      return { tone: 'good', title: 'Passed', detail: passedText(drill) };
    case 'failed':
      return { tone: 'bad', title: 'Failed', detail: 'The outage did not go as it should:' };
    case 'refused':
      return { tone: 'warn', title: 'Not begun', detail: 'The device has refused it:' };
  }
}

function passedText({ delivered, greenAfterMs }: Drill): string {
  const what =
    delivered === null || delivered === 0
      ? 'Nothing was owed'
      : `All ${countText(delivered)} waiting deliveries arrived`;
  return `${what}; everything was in order ${durationText(greenAfterMs ?? 0)} after its return.`;
}

/** The figures of the sheet; what is not known yet is left out. */
export function figureRows(drill: Drill): [term: string, value: string][] {
  const { offlineMs, slots, captured, queued, delivered, missing, greenAfterMs } = drill;
  const rows: ([string, string] | undefined)[] = [
    ['Ordered for', durationText(drill.forMs)],
    offlineMs === null ? undefined : ['Offline for', durationText(offlineMs)],
    slots && ['Pictures expected by the schedule', slotText(slots)],
    captured && ['Files taken meanwhile', `${countText(captured.count)} · ${bytesText(captured.bytes)}`],
    queued && ['Deliveries waiting at the return', `${countText(queued.count)} · ${bytesText(queued.bytes)}`],
    delivered === null ? undefined : ['Of these delivered', countText(delivered)],
    missing === null ? undefined : ['Missing at the end', countText(missing)],
    greenAfterMs === null ? undefined : ['From return to green', durationText(greenAfterMs)],
  ].map((row) => row as [string, string] | undefined);
  return rows.filter((row) => row !== undefined && row !== null);
}

function slotText({ expected, taken, failed, off }: NonNullable<Drill['slots']>): string {
  if (expected === 0) return 'none';
  const lost = [...(failed > 0 ? [`${failed} failed`] : []), ...(off > 0 ? [`${off} while the agent was off`] : [])];
  return [`${countText(taken)} of ${countText(expected)} taken`, ...lost].join(', ');
}

export type CourseStep = { label: string; at: string | null; after: string | null; isMissed: boolean };

/** The stations of a drill, each with its time and how long after the one before it was reached. */
export function courseOf(drill: Drill): CourseStep[] {
  const stations: [string, string | null][] = [
    ['Begun', drill.begunAt],
    ['Vanished', drill.vanishedAt],
    ['Back', drill.returnedAt],
    ['Queue empty', drill.drainedAt],
    ['Green', drill.greenAt],
  ];
  let before: string | null = null;
  return stations.map(([label, at]) => {
    const step = {
      label,
      at: at && instantText(at),
      after: at && before ? `+ ${durationText(Math.max(0, millisOf(at) - millisOf(before)))}` : null,
      isMissed: at === null && isEnded(drill),
    };
    before = at ?? before;
    return step;
  });
}

export const drillText = ({ forMs, by, atDevice }: Drill): string =>
  `${durationText(forMs)}, by ${by}${atDevice ? ' at the device itself' : ''}`;
