import type { Certificate } from '../api/documents.ts';
import { countText, plural } from '../format/amounts.ts';

/** What a certificate says, in a line: how much of the day each destination was found to hold, and what it is silent about. */
export function certificateText({ leaves, remarks, destinations, slots }: Certificate): string {
  const places = destinations.map(({ name, report, proved }) =>
    report === null
      ? `${name}: not looked at yet`
      : `${name}: ${proved.count === leaves.count ? 'all' : `${countText(proved.count)} of ${countText(leaves.count)}`} by ${report.proof}`,
  );
  const open = remarks.count === 0 ? [] : [plural(remarks.count, 'remark')];
  return [plural(leaves.count, 'asset'), ...slotText(slots), ...places, ...open].join(' · ');
}

function slotText(slots: Certificate['slots']): string[] {
  if (slots === 'none') return [];
  if (slots === 'unknown') return ['slots unknown'];
  const lost = slots.expected - slots.taken;
  return [
    lost === 0 ? 'every slot taken' : `${plural(lost, 'slot')} of ${countText(slots.expected)} without a picture`,
  ];
}
