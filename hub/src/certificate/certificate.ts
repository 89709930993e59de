import { identifier } from '@vigie/shared/protocol/asset';
import { z } from 'zod';
import { canonicalJson, type Plain } from './canonical.ts';

/**
 * A completeness certificate: what one source took on one calendar day, and which of it its destinations were found to hold. A file
 * of lines, each canonical JSON (RFC 8785) in UTF-8 and ended by one newline:
 *
 * 1. the header: whose day it is, when and by which key it was issued, what its leaves and remarks come to;
 * 2. a leaf for each asset of the day, in the order of their paths' bytes;
 * 3. a remark for each asset that is not vouched for somewhere, in the order of destination (none first), path and class;
 * 4. the signature of the header's line, without its newline.
 *
 * docs/certificates.md says what it proves.
 */
const count = z.int().nonnegative();
const digest = z.string().regex(/^[0-9a-f]{64}$/, 'not 64 hexadecimal digits');
const instant = z.iso.datetime();
const path = z.string().min(1).max(4096);
const dayText = z.string().regex(/^\d{8}$/, 'not a day');

const first = z.strictObject({
  vigie: z.literal('certificate'),
  version: z.literal(1),
  site: identifier,
  device: identifier,
  source: identifier,
  /** The ledger's: another one means that the device's ledger began anew. */
  generation: z.string().max(40),
  /** The IANA zone of the day, and of the times in names. */
  zone: z.string().max(64),
  day: dayText,
  issuedAt: instant,
  /** When the hub's inventory last agreed with the device's, by digests, and the newest change that it knew. */
  inventory: z.strictObject({ agreedAt: instant, seq: count }),
  leaves: z.strictObject({ count, bytes: count, root: digest }),
  remarks: z.strictObject({ count, root: digest }),
  /** Where the source delivers to, by name. */
  destinations: z
    .array(
      z.strictObject({
        name: identifier,
        /** The report that it was judged by; null where none of the whole day has completed. */
        report: z
          .strictObject({
            id: z.string().max(64),
            createdAt: instant,
            completedAt: instant,
            /** What the report compared: sizes, or the digests of all that matched. */
            proof: z.enum(['size', 'digest']),
          })
          .nullable(),
        /** Assets that this report found there as the source has them. */
        proved: z.strictObject({ count, bytes: count }),
      }),
    )
    .max(64),
  /** Ed25519, as SubjectPublicKeyInfo (DER) in base64: what stands between the lines of a PEM file. */
  publicKey: z.base64().max(200),
});

/** What the schedule expected of the day: each slot was taken, failed (nothing that could be kept came of it) or was off; excluded ones were not expected. */
const slots = z.strictObject({ expected: count, taken: count, failed: count, off: count, excluded: count });
const second = first.extend({
  version: z.literal(2),
  /** `none`: the source has no schedule, so that nothing was expected; `unknown`: its device has not told of the day. */
  slots: z.union([slots, z.enum(['none', 'unknown'])]),
});
export const header = z.discriminatedUnion('version', [first, second]);
export type Header = z.infer<typeof header>;
export type SlotsOfDay = z.infer<typeof second>['slots'];

/** One asset. `sha256` is null where the device told none, `capturedAt` where neither its name nor the device tells it. */
export const leaf = z.strictObject({ path, size: count, sha256: digest.nullable(), capturedAt: instant.nullable() });
export type Leaf = z.infer<typeof leaf>;

export const REMARKS = ['missing', 'differing', 'corrupt', 'unreadable', 'unproved', 'left-out', 'other-day'] as const;

/**
 * What is not vouched for. At a destination: what its report found *missing*, *differing*, *corrupt* or *unreadable*, and
 * *unproved* what became known after the report, *left-out* what the destination's own filter ruled out. At the source itself (destination null): what is *unreadable* there, and what lies in
 * the day's folder but was taken on another day, by true time; these are no leaves.
 */
export const remark = z.strictObject({
  destination: identifier.nullable(),
  class: z.enum(REMARKS),
  path,
  cause: z.string().max(2000),
});
export type Remark = z.infer<typeof remark>;

/** The file's last line. */
export const seal = z.strictObject({ vigie: z.literal('signature'), signature: z.base64().length(88) });

/** The one text of a header, leaf, remark or seal; without its newline. */
export const lineOf = (value: Header | Leaf | Remark | z.infer<typeof seal>): string => canonicalJson(value as Plain);

/** The order of leaves: that of their paths' UTF-8 bytes, as `LC_ALL=C sort` and SQLite have it. */
export const comparePaths = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

export function compareRemarks(a: Remark, b: Remark): number {
  const places = comparePaths(a.destination ?? '', b.destination ?? '');
  return places || comparePaths(a.path, b.path) || comparePaths(a.class, b.class);
}

/** Everything that a certificate claims, without when and by what it came to be: equal texts need no second certificate. */
export function claimsOf(header: Header): string {
  const { zone, day, leaves, remarks, destinations } = header;
  const judged = destinations.map(({ name, report, proved }) => ({ name, proof: report?.proof ?? null, proved }));
  return canonicalJson({ zone, day, leaves, remarks, destinations: judged, slots: slotsIn(header) });
}

/** A certificate of the first version says nothing of slots. */
export const slotsIn = (header: Header): SlotsOfDay => (header.version === 1 ? 'unknown' : header.slots);

/** Was every asset found at every destination, and everything taken that was expected? */
export const isWhole = (header: Header): boolean => isFound(header) && isTaken(slotsIn(header));

const isFound = ({ leaves, remarks, destinations }: Header): boolean =>
  remarks.count === 0 && destinations.every(({ report, proved }) => report !== null && proved.count === leaves.count);

const isTaken = (slots: SlotsOfDay): boolean =>
  slots === 'none' || (slots !== 'unknown' && slots.failed + slots.off === 0);
