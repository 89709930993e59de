import type { Report, ReportFilter, Side } from '../api/documents.ts';
import { dateOfDay } from './days.ts';
import { instantText } from './times.ts';

/** Bytes of a name that are no UTF-8 travel as code points from U+10FF80 on (docs/protocol.md). */
const FIRST_BYTE = 0x10ff80;

/** A name that can be looked at: control and direction characters and lone bytes become visible. */
export function shownName(name: string): string {
  let text = '';
  for (const character of name) {
    const point = character.codePointAt(0) as number;
    if (point >= FIRST_BYTE) text += `\\x${(point - 0x10ff00).toString(16)}`;
    else if (point < 0x20 || (point >= 0x7f && point < 0xa0)) text += `\\x${point.toString(16).padStart(2, '0')}`;
    else if (/[\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/.test(character)) text += `\\u${point.toString(16)}`;
    else text += character;
  }
  return text;
}

export const sourceText = (address: { site: string; device: string; source: string }): string =>
  `${address.site} / ${address.device} / ${address.source}`;

/** A side in one line: its heading, and where that is. */
export function sideText(side: Side): { title: string; detail: string } {
  switch (side.type) {
    case 'source':
      return { title: side.source, detail: `${side.site} / ${side.device}` };
    case 'destination':
      return { title: side.destination, detail: sourceText(side) };
    case 'directory':
      return { title: shownName(side.path), detail: "folder on the hub's machine" };
  }
}

/** What a filter lets through, or nothing when it lets everything through. */
export function filterText({ fromDay, toDay, kinds, pathPrefix, lastDays }: ReportFilter): string | undefined {
  const parts: string[] = [];
  if (fromDay && toDay)
    parts.push(fromDay === toDay ? dateOfDay(fromDay) : `${dateOfDay(fromDay)} to ${dateOfDay(toDay)}`);
  else if (fromDay && lastDays === 1) parts.push(`the day ${dateOfDay(fromDay)}`);
  else if (fromDay && lastDays) parts.push(`the last ${lastDays} days, from ${dateOfDay(fromDay)}`);
  else if (fromDay) parts.push(`from ${dateOfDay(fromDay)}`);
  else if (toDay) parts.push(`until ${dateOfDay(toDay)}`);
  if (kinds?.length) parts.push(kinds.join(', '));
  if (pathPrefix) parts.push(`paths from “${shownName(pathPrefix)}”`);
  return parts.length > 0 ? parts.join(' · ') : undefined;
}

/** What a destination's own filter lets through. */
export function takenText({ kinds, paths }: NonNullable<Report['taken']>): string {
  const parts = [kinds?.join(', '), paths?.map(shownName).join(' ')].filter((part) => part !== undefined);
  return parts.join(' · ');
}

const INSTANT = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;

/** `host-key-refused` → `Host key refused`; a sentence stays as it is, but for its first letter and its instants. */
export function causeText(cause: string): string {
  const words = /^[a-z0-9]+(-[a-z0-9]+)*$/.test(cause)
    ? cause.replaceAll('-', ' ')
    : shownName(cause).replaceAll(INSTANT, (at) => instantText(at));
  return words.charAt(0).toUpperCase() + words.slice(1);
}
