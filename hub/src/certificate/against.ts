import { dayOf, type Entry } from '@vigie/shared/protocol/asset';
import { comparePaths, type Header, type Leaf, type Remark } from './certificate.ts';

/** How an asset of the day is other than it was certified. */
export type Difference = { class: 'altered' | 'removed' | 'added'; path: string; cause: string };
export type Held = {
  /** In the order of the paths' bytes. */
  differences: Difference[];
  /** Assets that are there as certified, and how many of these by digest; the others by size alone. */
  sound: number;
  byDigest: number;
};

/** Days of folders that a side must be read for: null where some leaf lies in none. */
export function foldersOf(header: Pick<Header, 'day'>, leaves: readonly Leaf[]): { from: string; to: string } | null {
  const days = [header.day, ...leaves.map((l) => dayOf(l.path))];
  if (!days.every((day) => /^\d{8}$/.test(day))) return null;
  const sorted = days.sort();
  return { from: sorted[0] ?? header.day, to: sorted.at(-1) ?? header.day };
}

/** Compares what a side holds with what was certified. Entries may come in any order; those of other days are passed over. */
export function createAgainst(certified: {
  header: Pick<Header, 'day'>;
  leaves: readonly Leaf[];
  remarks: readonly Remark[];
}): {
  tell(entry: Entry): void;
  finish(): Held;
} {
  const { header, leaves, remarks } = certified;
  const open = new Map(leaves.map((l) => [l.path, l]));
  const told = new Set<string>();
  /** What the certificate itself names beside its leaves: it lies in the day's folder and is no addition. */
  const named = new Set(remarks.filter((r) => r.destination === null).map((r) => r.path));
  const certifiedPaths = new Set(open.keys());
  const held: Held = { differences: [], sound: 0, byDigest: 0 };
  const differ = (kind: Difference['class'], path: string, cause: string) =>
    void held.differences.push({ class: kind, path, cause });

  return {
    tell(entry) {
      const { path } = entry;
      const wanted = open.get(path);
      open.delete(path);
      if (wanted) {
        const cause = alteration(wanted, entry);
        if (cause !== undefined) return differ('altered', path, cause);
        held.sound += 1;
        if (wanted.sha256 !== null && entry.sha256 !== undefined) held.byDigest += 1;
      } else if (certifiedPaths.has(path)) {
        if (!told.has(path)) differ('altered', path, 'the side names this path twice');
        told.add(path);
      } else if (!named.has(path) && dayOf(path) === header.day) differ('added', path, 'it was not certified');
    },
    finish() {
      for (const path of open.keys()) differ('removed', path, removal(remarks.filter((r) => r.path === path)));
      held.differences.sort((a, b) => comparePaths(a.path, b.path));
      return held;
    },
  };
}

function alteration(certified: Leaf, { size, sha256, unreadable }: Entry): string | undefined {
  if (unreadable !== undefined) return `unreadable: ${unreadable}`;
  if (size !== certified.size) return `other size: ${certified.size} bytes were certified, ${size} are there`;
  const isOther = certified.sha256 !== null && sha256 !== undefined && sha256 !== certified.sha256;
  return isOther ? 'other content: the size is as certified, the SHA-256 is not' : undefined;
}

function removal(remarks: readonly Remark[]): string {
  const known = remarks.map((r) => `${r.class} at ${r.destination}`);
  return known.length === 0 ? 'it is not there' : `it is not there; when certified, it was ${known.join(', ')}`;
}
