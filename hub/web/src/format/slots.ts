import type { SourceState } from '../api/documents.ts';
import { countText } from './amounts.ts';

export type SlotFigures = NonNullable<SourceState['slots']>['today'];

/** `280 delivered · 4 queued · 3 failed · 1 device off`; a state that no slot is in is left out. */
export function slotsText({ delivered, captured, unreadable, failed, off, excluded }: SlotFigures): string {
  const parts: [number, string][] = [
    [delivered, 'delivered'],
    [captured, 'queued'],
    [unreadable, 'unreadable'],
    [failed, 'failed'],
    [off, 'device off'],
    [excluded, 'excluded'],
  ];
  const told = parts.filter(([count]) => count > 0).map(([count, what]) => `${countText(count)} ${what}`);
  return told.length > 0 ? told.join(' · ') : 'none yet';
}
