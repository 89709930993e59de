import { z } from 'zod';

const colour = z.string().regex(/^#[0-9a-fA-F]{6}$/, 'a colour such as #ffffff is allowed');
const gravity = z.enum([
  'northwest',
  'north',
  'northeast',
  'west',
  'center',
  'east',
  'southwest',
  'south',
  'southeast',
]);
const edge = z.int().min(1).max(20_000);

/**
 * The steps that change a picture, in the order of the list. EXIF, digest, decode check and preview happen always. With
 * no step the original itself is the result.
 */
export const stepConfig = z.discriminatedUnion('step', [
  z.strictObject({
    step: z.literal('resize'),
    width: edge.optional(),
    height: edge.optional(),
    fit: z.enum(['inside', 'cover', 'contain', 'fill']).default('inside'),
  }),
  z.strictObject({
    step: z.literal('rotate'),
    degrees: z.union([z.literal(90), z.literal(180), z.literal(270), z.literal('exif')]),
  }),
  z.strictObject({ step: z.literal('crop'), left: z.int().min(0), top: z.int().min(0), width: edge, height: edge }),
  z.strictObject({
    step: z.literal('legend'),
    /** {time}, {date}, {source}, {name} are replaced. */
    text: z.string().min(1).max(500),
    gravity: gravity.default('southwest'),
    size: z.int().min(6).max(1000).default(32),
    colour: colour.default('#ffffff'),
    background: colour.nullable().default('#000000'),
  }),
  z.strictObject({
    step: z.literal('watermark'),
    file: z.string().min(1),
    gravity: gravity.default('southeast'),
    opacity: z.number().min(0).max(1).default(0.5),
    /** Share of the picture's width. */
    width: z.number().min(0.01).max(1).default(0.2),
  }),
]);
export type StepConfig = z.infer<typeof stepConfig>;
