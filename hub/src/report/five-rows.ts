import type { Amount, Figures, FiveRows, Totals } from '@vigie/shared/protocol/report';

/**
 * The five rows that Webcampak's users know. There a file is *common* when name, location and size agree, and everything
 * else is missing on one side or on both: a differing asset is in both missing rows. An asset that is corrupt or unreadable is
 * not called common here, though its size may agree.
 */
export function fiveRows({ source, destination, matched }: Figures): FiveRows {
  return {
    source,
    destination,
    intersection: matched,
    missingInSource: minus(destination, matched),
    missingInDestination: minus(source, matched),
  };
}

function minus(from: Totals, taken: Totals): Totals {
  const less = (a: Amount, b: Amount): Amount => ({ count: a.count - b.count, bytes: a.bytes - b.bytes });
  return {
    ...less(from, taken),
    byKind: {
      jpg: less(from.byKind.jpg, taken.byKind.jpg),
      raw: less(from.byKind.raw, taken.byKind.raw),
      other: less(from.byKind.other, taken.byKind.other),
    },
  };
}
