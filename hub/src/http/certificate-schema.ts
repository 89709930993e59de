import { z } from '@hono/zod-openapi';

const instant = z.iso.datetime();
const count = z.int().nonnegative();
const amount = z.object({ count, bytes: count });

/** What a completeness certificate says in its first line; docs/certificates.md has the whole. */
export const certificate = z
  .object({
    day: z.string(),
    /** Counts the certificates of one day: a changed day gets a further one. */
    number: z.int().positive(),
    issuedAt: instant,
    leaves: amount.extend({ root: z.string() }),
    remarks: z.object({ count, root: z.string() }),
    /** Was every asset found at every destination, and everything taken that the schedule expected? */
    whole: z.boolean(),
    /** What became of the day's slots; `none`: there is no schedule; `unknown`: the device has not told. */
    slots: z.union([
      z.object({ expected: count, taken: count, failed: count, off: count, excluded: count }),
      z.enum(['none', 'unknown']),
    ]),
    destinations: z.array(
      z.object({
        name: z.string(),
        /** The report that it was judged by; null where none of the whole day has completed. */
        report: z
          .object({ id: z.string(), createdAt: instant, completedAt: instant, proof: z.enum(['size', 'digest']) })
          .nullable(),
        proved: amount,
      }),
    ),
  })
  .openapi('Certificate');
export const certificatePage = z
  .object({
    total: count,
    /** By which new ones are signed: SubjectPublicKeyInfo (DER) in base64. */
    publicKey: z.string(),
    certificates: z.array(certificate),
    /** Of this page: files whose first line is no header any more. */
    damaged: z.array(z.object({ day: z.string(), number: z.int().positive() })),
  })
  .openapi('CertificatePage');

/** What a certificate does not vouch for; docs/certificates.md has the classes. */
export const remarkPage = z
  .object({
    number: z.int().positive(),
    total: count,
    remarks: z.array(
      z.object({ destination: z.string().nullable(), class: z.string(), path: z.string(), cause: z.string() }),
    ),
  })
  .openapi('RemarkPage');
