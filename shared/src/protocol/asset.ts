import { z } from 'zod';

/** Identifiers of sites, devices, sources and destinations: topic levels, folder names and user names at once. */
export const identifier = z.string().regex(/^[a-z0-9-]{1,32}$/, '1 to 32 characters of a-z, 0-9 and - are allowed');

/** Kinds of assets, told by extension. Reports sum jpg and raw, and everything else as other. */
export const KINDS = ['jpg', 'raw', 'video', 'sidecar', 'other'] as const;
export type Kind = (typeof KINDS)[number];

const EXTENSIONS: Record<Exclude<Kind, 'other'>, string> = {
  jpg: 'jpg jpeg jpe',
  raw: 'raw cr2 cr3 crw nef nrw arw srf sr2 raf dng orf rw2 pef 3fr iiq x3f',
  video: 'mp4 mov avi mts m4v mkv webm mpg',
  sidecar: 'xmp thm json txt log',
};
const KIND_OF = new Map(
  Object.entries(EXTENSIONS).flatMap(([kind, list]) => list.split(' ').map((e) => [e, kind as Kind] as const)),
);

/** The kind of an asset by the extension of its name, in any letter case. */
export function kindOf(path: string): Kind {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return (dot > 0 && KIND_OF.get(name.slice(dot + 1).toLowerCase())) || 'other';
}

/**
 * One file of an inventory.
 *
 * - `path`: below the result tree, `/` between folders, text as `kit/names.ts` writes it; unique in its inventory.
 * - `size`: bytes.
 * - `sha256`: 64 hexadecimal digits, or absent where only a listing is known.
 * - `modifiedAt`: ms since 1970, or absent.
 * - `unreadable`: why this entry can't be used as a picture (a torn JPEG kept in failure, a folder entry that is no
 *   regular file, a name that the protocol cannot carry); absent on a sound entry.
 * - `purgedAt`: ms since 1970: when the source removed its own file after destinations had proved that they hold it. The
 *   source still answers for the asset, and cannot send it any more. Absent on what the source holds.
 * - `capturedAt`: ms since 1970: when it really was taken, where the clock that named it was wrong. The path stays as it is, and
 *   the entry's digest too.
 */
export type Entry = {
  path: string;
  size: number;
  sha256?: string | undefined;
  modifiedAt?: number | undefined;
  unreadable?: string | undefined;
  purgedAt?: number | undefined;
  capturedAt?: number | undefined;
};

export const entrySchema = z.object({
  path: z.string().min(1).max(4096),
  size: z.int().nonnegative(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  modifiedAt: z.number().optional(),
  unreadable: z.string().max(500).optional(),
  purgedAt: z.number().optional(),
  capturedAt: z.number().optional(),
});

/**
 * The bucket of a path: its first folder, which is a day, or a day folder within it where that is none (`raw/20261123`); what failed
 * is one bucket. Files at the root are in the bucket ``.
 */
export function bucketOf(path: string): string {
  const within = /^(?!failure\/)([^/]*[^/\d][^/]*\/\d{8})\//.exec(path)?.[1];
  const slash = path.indexOf('/');
  return within ?? (slash < 0 ? '' : path.slice(0, slash));
}

/** The calendar day of a path, `YYYYMMDD`, by the folders that it lies in; the first folder where none of them is a day. */
export function dayOf(path: string): string {
  return (
    /(?:^|\/)(\d{8})\//.exec(path)?.[1] ?? bucketOf(path.startsWith('failure/') ? path.slice('failure/'.length) : path)
  );
}
