import type { DestinationFilter } from '@vigie/shared/protocol/destination-filter';
import type { Side } from '../http/schema.ts';
import type { ComparisonResult } from './compare.ts';
import { figureKindOf, takeAway } from './figures.ts';
import type { OpenSide } from './runner.ts';

/** The filter of a report's destination, where its left side is the source that delivers there; undefined where everything is taken. */
export function takenOf(
  left: Side,
  right: Side,
  { filters }: Pick<OpenSide, 'filters'>,
): DestinationFilter | undefined {
  if (left.type !== 'source' || right.type !== 'destination') return undefined;
  if (left.site !== right.site || left.device !== right.device || left.source !== right.source) return undefined;
  return filters?.[right.destination];
}

/**
 * What the destination's filter leaves out and is not there was not expected there: it counts on no side. What was delivered before the
 * filter stays in the comparison, and so do extras.
 */
export function dropLeftOut(result: ComparisonResult, takes: (path: string) => boolean): void {
  const { figures } = result;
  result.unmatched = result.unmatched.filter(({ class: name, path, sourceSize, destinationSize }) => {
    const isElsewhere = sourceSize !== null && destinationSize === null;
    if (!isElsewhere || takes(path)) return true;
    const kind = figureKindOf(path);
    takeAway(figures.source, kind, sourceSize);
    takeAway(figures[name], kind, sourceSize);
    return false;
  });
}
