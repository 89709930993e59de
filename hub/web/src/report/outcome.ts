import type { Report } from '../api/documents.ts';
import { countText, plural } from '../format/amounts.ts';
import { instantText } from '../format/times.ts';

export type Tone = 'good' | 'warn' | 'bad' | 'calm';
/** What a report says, in one line and one sentence. */
export type Outcome = { tone: Tone; title: string; detail: string };

export const isOver = (report: Pick<Report, 'state'>): boolean =>
  report.state === 'completed' || report.state === 'failed' || report.state === 'cancelled';

/** Assets of the source that are not soundly at the destination. Extras are no loss and are not among them. */
export const attentionOf = (r: Pick<Report, 'missing' | 'differing' | 'corrupt' | 'unreadable'>): number =>
  r.missing.count + r.differing.count + r.corrupt.count + r.unreadable.count;

/** Everything in the list of unmatched entries. */
export const unmatchedOf = (r: Pick<Report, 'missing' | 'extra' | 'differing' | 'corrupt' | 'unreadable'>): number =>
  attentionOf(r) + r.extra.count;

/** Only a completed report may say "in sync", and never of two empty sides. */
export function outcomeOf(report: Report): Outcome {
  switch (report.state) {
    case 'queued':
      return { tone: 'calm', title: 'Waiting in the queue', detail: 'It starts when the reports before it are done.' };
    case 'running':
      return {
        tone: 'calm',
        title: 'Comparing…',
        detail: `${plural(report.progress.folders, 'folder')} and ${plural(report.progress.entries, 'file')} read so far.`,
      };
    case 'failed':
      return {
        tone: 'bad',
        title: 'Could not be compared',
        detail: report.error ?? 'A side could not be read whole, so nothing is said about what matches.',
      };
    case 'cancelled':
      return { tone: 'calm', title: 'Cancelled', detail: 'It was stopped before both sides were read whole.' };
    case 'completed':
      return report.asOf === null ? completed(report) : asLastKnown(completed(report), report.asOf);
  }
}

/** The source could not be asked: what it has taken since then is in no figure, so nothing is quite well. */
const asLastKnown = ({ tone, title, detail }: Outcome, asOf: string): Outcome => ({
  tone: tone === 'good' ? 'warn' : tone,
  title: tone === 'good' ? `${title}, as last known` : title,
  detail: `${detail} The source could not be asked; its inventory is as of ${instantText(asOf)}.`,
});

function completed(report: Report): Outcome {
  const attention = attentionOf(report);
  if (attention > 0)
    return {
      tone: report.corrupt.count > 0 ? 'bad' : 'warn',
      title:
        report.source.count > 0
          ? `${countText(attention)} of ${countText(Math.max(report.source.count, attention))} need attention`
          : `${countText(attention)} need attention`,
      detail: `${list(report)}.`,
    };
  if (report.source.count === 0 && report.destination.count === 0)
    return { tone: 'calm', title: 'Nothing to compare', detail: 'Both sides are empty under this filter.' };
  if (report.extra.count > 0)
    return {
      tone: report.source.count === 0 ? 'calm' : 'good',
      title: report.source.count === 0 ? 'The source is empty' : 'All there, with extras',
      detail: `${plural(report.source.count, 'file')} of the source matched; the destination holds ${countText(report.extra.count)} more.`,
    };
  return { tone: 'good', title: 'In sync', detail: `All ${plural(report.matched.count, 'file')} are on both sides.` };
}

function list(report: Report): string {
  const parts: [number, string][] = [
    [report.missing.count, 'missing at the destination'],
    [report.differing.count, 'differing'],
    [report.corrupt.count, 'corrupt'],
    [report.unreadable.count, 'unreadable'],
    [report.extra.count, 'extra'],
  ];
  return parts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${countText(count)} ${what}`)
    .join(', ');
}
