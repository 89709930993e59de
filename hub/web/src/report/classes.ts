import type { Report, UnmatchedClass } from '../api/documents.ts';
import type { Tone } from './outcome.ts';

/** The rows of a report's table, in the order of Webcampak's report, the later classes after them. */
export type RowName = 'source' | 'destination' | 'matched' | UnmatchedClass;
export type Row = { name: RowName; label: string; explanation: string; tone: Tone | undefined };

export const ROWS: readonly Row[] = [
  { name: 'source', label: 'Source', explanation: 'Everything that the source side holds.', tone: undefined },
  {
    name: 'destination',
    label: 'Destination',
    explanation: 'Everything that the destination side holds.',
    tone: undefined,
  },
  {
    name: 'matched',
    label: 'Matched',
    explanation: 'In both, with the same path and size, and the same digest where both are known.',
    tone: 'good',
  },
  {
    name: 'missing',
    label: 'Missing at destination',
    explanation: 'At the source and not at the destination.',
    tone: 'warn',
  },
  {
    name: 'extra',
    label: 'Extra at destination',
    explanation: 'At the destination and not at the source.',
    tone: 'calm',
  },
  {
    name: 'differing',
    label: 'Differing',
    explanation: 'On both sides, with different sizes or digests. Bytes are those of the source.',
    tone: 'warn',
  },
  { name: 'corrupt', label: 'Corrupt', explanation: 'The content is not what was captured.', tone: 'bad' },
  { name: 'unreadable', label: 'Unreadable', explanation: 'Known, and not readable as a picture.', tone: 'bad' },
];

/** The rows as Webcampak's users know them. */
export const FIVE_ROWS: readonly { name: keyof Report['fiveRows']; label: string; explanation: string }[] = [
  { name: 'source', label: 'Source', explanation: 'Everything that the source side holds.' },
  { name: 'destination', label: 'Destination', explanation: 'Everything that the destination side holds.' },
  { name: 'intersection', label: 'Intersection', explanation: 'In both, with the same name, location and size.' },
  {
    name: 'missingInSource',
    label: 'Missing in source',
    explanation: 'At the destination, and not so at the source: what differs counts here too.',
  },
  {
    name: 'missingInDestination',
    label: 'Missing in destination',
    explanation: 'At the source, and not so at the destination: what differs counts here too.',
  },
];

export const CLASS_LABELS: Record<UnmatchedClass, string> = {
  missing: 'Missing',
  extra: 'Extra',
  differing: 'Differing',
  corrupt: 'Corrupt',
  unreadable: 'Unreadable',
};

export const CLASS_TONES: Record<UnmatchedClass, Tone> = {
  missing: 'warn',
  extra: 'calm',
  differing: 'warn',
  corrupt: 'bad',
  unreadable: 'bad',
};

/** Shares of all assets that either side holds, for the bar above the table; empty classes are left out. */
export function sharesOf(report: Report): { name: 'matched' | UnmatchedClass; count: number; share: number }[] {
  const names = ['matched', 'missing', 'differing', 'corrupt', 'unreadable', 'extra'] as const;
  const total = names.reduce((sum, name) => sum + report[name].count, 0);
  return names
    .filter((name) => report[name].count > 0)
    .map((name) => ({ name, count: report[name].count, share: report[name].count / total }));
}
