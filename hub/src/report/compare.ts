import type { Entry } from '@vigie/shared/protocol/asset';
import { type Figures, noFigures, type Unmatched } from '@vigie/shared/protocol/report';
import { actionOfLists } from './action.ts';
import { createDigestColumn } from './digest-column.ts';
import { addAsset, figureKinds } from './figures.ts';
import { createPathNumbers, type PathNumbers } from './path-numbers.ts';
import { nameAt, type SideSink } from './side-sink.ts';

/**
 * Compares two sides of entries by path, size and, where both sides know it, digest. Left is the report's source, right
 * its destination. Entries may come in any order, both sides at once; the result does not depend on the order.
 *
 * - An entry that either side calls unreadable is *unreadable*, whether or not the other side has it: there is no sound
 *   content to send or to compare.
 * - A side that names a path twice contradicts itself: the asset counts once, with the larger size, as *unreadable*.
 * - Else the path alone on the left is *missing*, alone on the right *extra*; on both sides *differing* by size, *corrupt* by
 *   digest, or matched.
 *
 * A million paths take about 120 MB until `finish`, and 32 MB more where a side tells digests.
 */
export type Comparison = {
  left(entry: Entry): void;
  right(entry: Entry): void;
  /** The short way for a side that is read here. */
  sinks: Record<'left' | 'right', SideSink>;
  /** Classes and figures of everything told so far. It is called once, at the end. */
  finish(): ComparisonResult;
};

export type ComparisonResult = {
  figures: Figures;
  /** How many of the matched assets agree by digest; the rest by size alone. */
  matchedByDigest: number;
  /** Sorted by path, in the order of UTF-16 code units. */
  unmatched: Unmatched[];
  /** The paths of matched assets, in the same order; sorted when first asked for. */
  matchedPaths(): string[];
};

const LEFT = 1;
const RIGHT = 2;
/** Both digests are known: and agree, or do not. */
const EQUAL = 4;
const DIFFERENT = 8;
const UNREADABLE = 16;
const MATCHED = 32;
/** The first side to name the path gave a digest. */
const DIGEST = 64;

/** Columns by the number of a path: objects would take three times the room. */
type Columns = { flags: Uint8Array; left: Float64Array; right: Float64Array };

type Remark = { left?: string; right?: string; purgedAt?: number };

export function createComparison(): Comparison {
  const numbers = createPathNumbers();
  let columns = sized(1024);
  const digests = createDigestColumn();
  const remarks = new Map<number, Remark>();

  /** False where this side has named the path before. */
  function tell(side: 'left' | 'right', number: number, size: number, sha256: string | undefined): boolean {
    const bit = side === 'left' ? LEFT : RIGHT;
    if (number === columns.flags.length) columns = grown(columns);
    const { flags, [side]: sizes } = columns;
    const before = flags[number] as number;
    if (before & bit) {
      flags[number] = before | UNREADABLE;
      sizes[number] = Math.max(sizes[number] as number, size);
      remark(number)[side] = 'its list names this path twice';
      return false;
    }
    flags[number] = before | bit;
    sizes[number] = size;
    if (sha256 === undefined) return true;
    if (before === 0) {
      digests.put(number, sha256);
      flags[number] = bit | DIGEST;
    } else if (before & DIGEST) {
      flags[number] = before | bit | (digests.isSame(number, sha256) ? EQUAL : DIFFERENT);
    }
    return true;
  }

  const remark = (number: number): Remark => {
    const known = remarks.get(number) ?? {};
    remarks.set(number, known);
    return known;
  };

  function sink(side: 'left' | 'right'): SideSink {
    let last: string | undefined;
    let within = new Map<string, number>();
    const numberOf = (folder: string, name: string): number => {
      if (folder !== last) {
        last = folder;
        within = numbers.within(folder);
      }
      return numbers.of(within, name);
    };
    return {
      file(folder, name, size, _modifiedAt, sha256) {
        tell(side, numberOf(folder, name), size, sha256);
      },
      entry({ path, size, sha256, unreadable, purgedAt }) {
        const cut = nameAt(path);
        const number = numberOf(path.slice(0, cut), path.slice(cut));
        if (!tell(side, number, size, sha256)) return;
        if (unreadable !== undefined) {
          columns.flags[number] = (columns.flags[number] as number) | UNREADABLE;
          remark(number)[side] = unreadable;
        }
        if (side === 'left' && purgedAt !== undefined) remark(number).purgedAt = purgedAt;
      },
    };
  }
  const sinks = { left: sink('left'), right: sink('right') };
  return {
    left: sinks.left.entry,
    right: sinks.right.entry,
    sinks,
    finish: () => finish(numbers, columns, remarks),
  };
}

function finish(numbers: PathNumbers, columns: Columns, remarks: Map<number, Remark>): ComparisonResult {
  const figures = noFigures();
  const unmatched: Unmatched[] = [];
  let matchedByDigest = 0;
  const { flags } = columns;
  const kindOf = figureKinds();

  numbers.each((folder, name, number) => {
    const flag = flags[number] as number;
    const kind = kindOf(name);
    const sourceSize = flag & LEFT ? (columns.left[number] as number) : null;
    const destinationSize = flag & RIGHT ? (columns.right[number] as number) : null;
    if (sourceSize !== null) addAsset(figures.source, kind, sourceSize);
    if (destinationSize !== null) addAsset(figures.destination, kind, destinationSize);

    const remark = remarks.get(number);
    const found = judge(flag, sourceSize, destinationSize, remark);
    if (found === undefined) {
      addAsset(figures.matched, kind, sourceSize as number);
      if (flag & EQUAL) matchedByDigest += 1;
      flags[number] = flag | MATCHED;
      return;
    }
    addAsset(figures[found.class], kind, (sourceSize ?? destinationSize) as number);
    const known = { unreadableAtSource: remark?.left !== undefined, purged: remark?.purgedAt !== undefined };
    const action = actionOfLists(found.class, known);
    unmatched.push({
      class: found.class,
      path: folder + name,
      sourceSize,
      destinationSize,
      cause: found.cause,
      action,
    });
  });
  unmatched.sort((a, b) => (a.path < b.path ? -1 : 1));

  let matched: string[] | undefined;
  const matchedPaths = (): string[] => {
    if (matched) return matched;
    const found: string[] = [];
    numbers.each((folder, name, number) => {
      if ((flags[number] as number) & MATCHED) found.push(folder + name);
    });
    matched = found.sort();
    return matched;
  };
  return { figures, matchedByDigest, unmatched, matchedPaths };
}

/** The class and the plain words for it, or undefined where both sides agree. */
function judge(
  flag: number,
  sourceSize: number | null,
  destinationSize: number | null,
  remark: Remark | undefined,
): Pick<Unmatched, 'class' | 'cause'> | undefined {
  if (flag & UNREADABLE) return { class: 'unreadable', cause: unreadableCause(remark ?? {}) };
  if (destinationSize === null) return { class: 'missing', cause: missingCause(remark?.purgedAt) };
  if (sourceSize === null) return { class: 'extra', cause: 'not at the source' };
  if (sourceSize !== destinationSize) {
    const cause = `size differs: ${sourceSize} bytes at the source, ${destinationSize} at the destination`;
    return { class: 'differing', cause };
  }
  if (flag & DIFFERENT) return { class: 'corrupt', cause: 'same size, but the digest of the content differs' };
  return undefined;
}

function missingCause(purgedAt: number | undefined): string {
  if (purgedAt === undefined) return 'not at the destination';
  const when = new Date(purgedAt).toISOString();
  return `not at the destination; the source removed its file on ${when}, after a destination had proved it`;
}

function unreadableCause({ left, right }: Remark): string {
  const said: string[] = [];
  if (left !== undefined) said.push(`unreadable at the source: ${left}`);
  if (right !== undefined) said.push(`unreadable at the destination: ${right}`);
  return said.join('; ');
}

function sized(length: number): Columns {
  return { flags: new Uint8Array(length), left: new Float64Array(length), right: new Float64Array(length) };
}

function grown(columns: Columns): Columns {
  const next = sized(columns.flags.length * 2);
  next.flags.set(columns.flags);
  next.left.set(columns.left);
  next.right.set(columns.right);
  return next;
}
