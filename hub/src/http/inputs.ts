import { z } from '@hono/zod-openapi';
import { identifier } from '@vigie/shared/protocol/asset';

/** Parts of requests that several routes share. */
export const deviceParams = z.object({ site: identifier, device: identifier });
export const sourceParams = deviceParams.extend({ source: identifier });
export const idParams = z.object({ id: z.string().min(1).max(64) });

export const offset = z.coerce.number().int().min(0).max(100_000_000).default(0);
export const limitOf = (most: number, usual: number) => z.coerce.number().int().min(1).max(most).default(usual);

/** A day folder as the inventory has it. */
export const dayName = z.string().min(1).max(255).refine(isPath, 'the name of one day folder is allowed');

/** A path below a source's tree; it never leads out of it. */
export const picturePath = z
  .string()
  .min(1)
  .max(4096)
  .refine(isPath, 'a path below the source is allowed: no empty part, no . or .., no leading slash');

function isPath(path: string): boolean {
  return !path.includes('\0') && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

/** The content of a JSON body or answer in a route's description. */
export const json = <S extends z.ZodType>(schema: S) => ({ 'application/json': { schema } });
export const bytes = () => z.any().openapi({ type: 'string', format: 'binary' });
