import type { Activity } from '../api/documents.ts';

/** Items in the order they came, in groups of one date of the reader's zone. */
export function byDate(items: Activity[]): { date: string; items: Activity[] }[] {
  const format = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full' });
  const groups: { date: string; items: Activity[] }[] = [];
  for (const item of items) {
    const date = format.format(Date.parse(item.at));
    const last = groups.at(-1);
    if (last?.date === date) last.items.push(item);
    else groups.push({ date, items: [item] });
  }
  return groups;
}
