import { duration } from '@vigie/shared/kit/duration';
import { z } from 'zod';

/** A camera by libgphoto2, in the agent's YAML. See `docs/cameras.md`. */

const name = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'a name of a setting is allowed, such as iso');
const value = z.union([z.string().max(200), z.number(), z.boolean()]).transform(String);
const text = z.string().trim().min(1).max(120);

export const gphoto2Config = z
  .strictObject({
    type: z.literal('gphoto2'),
    /** Which of several bodies: each that is given must agree. The first one on the bus where none is. */
    serial: z.union([text, z.int().nonnegative().transform(String)]).optional(),
    owner: text.optional(),
    model: text.optional(),
    /** Set before a capture where they differ, and read back. */
    settings: z.record(name, value).default({}),
    captureTarget: z.enum(['card', 'memory']).optional(),
    /** The card's copy. `true` is `always`, `false` is `never`. */
    keepOnCard: z
      .union([z.boolean(), z.enum(['always', 'until-delivered', 'never'])])
      .transform((keep) => (typeof keep === 'string' ? keep : keep ? 'always' : 'never'))
      .default('always'),
    /** Files of one shutter release; told by the camera's picture format where absent. */
    files: z.int().min(1).max(8).optional(),
    /** How old the camera's condition may become before it is read again. */
    conditionEvery: duration.refine((ms) => ms >= 60_000, '1m or longer is allowed').default(600_000),
    timeLimit: duration.refine((ms) => ms >= 1_000 && ms <= 3_600_000, '1s to 1h is allowed').default(30_000),
  })
  .refine(({ keepOnCard, captureTarget }) => !(keepOnCard === 'until-delivered' && captureTarget === 'memory'), {
    path: ['captureTarget'],
    message: '"until-delivered" keeps a copy on the card: "card" is allowed',
  })
  .refine(({ settings }) => !('capturetarget' in settings), {
    path: ['settings', 'capturetarget'],
    message: 'it is written as "captureTarget: card" or "memory"',
  });

/** Why a source cannot keep the card's copies until they are delivered: they are proved by their own bytes, at every destination. */
export function cardFault(source: {
  camera: { type: string } | z.infer<typeof gphoto2Config>;
  process: readonly unknown[];
  destinations: readonly unknown[];
}): string | undefined {
  if (!('keepOnCard' in source.camera) || source.camera.keepOnCard !== 'until-delivered') return undefined;
  if (source.destinations.length === 0) return '"until-delivered" needs "destinations": nothing is delivered';
  if (source.process.length === 0) return undefined;
  return '"until-delivered" needs an empty "process": what a step makes is delivered in place of the original, which stays on the card';
}
