import { createHash } from 'node:crypto';
import { createRoute, z } from '@hono/zod-openapi';
import { VigieError } from '@vigie/shared/kit/errors';
import { printable } from '@vigie/shared/kit/names';
import { type HttpContext, newRoutes, type ResourceOptions } from './env.ts';
import { bytes, dayName, json, limitOf, offset, picturePath, sourceParams } from './inputs.ts';
import { day, picturePage } from './schema.ts';
import type { SourceAddress } from './services.ts';

const below = '/devices/{site}/{device}/sources/{source}';
const image = (description: string) => ({ 200: { description, content: { 'image/*': { schema: bytes() } } } });

const latest = createRoute({
  method: 'get',
  path: `${below}/preview`,
  summary: 'The newest preview of a source',
  request: { params: sourceParams, query: z.object({ v: z.string().max(64).optional() }) },
  responses: image('A JPEG of at most 20 KB'),
});
const days = createRoute({
  method: 'get',
  path: `${below}/days`,
  summary: 'Days that hold pictures, with their count and size',
  request: {
    params: sourceParams,
    query: z.object({
      month: z
        .string()
        .regex(/^\d{6}$/, 'YYYYMM is allowed')
        .optional(),
    }),
  },
  responses: { 200: { description: 'The days', content: json(z.array(day)) } },
});
const list = createRoute({
  method: 'get',
  path: `${below}/pictures`,
  summary: 'The pictures of one day',
  request: { params: sourceParams, query: z.object({ day: dayName, offset, limit: limitOf(500, 100) }) },
  responses: { 200: { description: 'A page of pictures', content: json(picturePage) } },
});
const preview = createRoute({
  method: 'get',
  path: `${below}/picture`,
  summary: 'The preview of one picture',
  request: { params: sourceParams, query: z.object({ path: picturePath }) },
  responses: image('A JPEG of at most 20 KB'),
});
const original = createRoute({
  method: 'get',
  path: `${below}/original`,
  summary: 'One picture as it was taken, from the first destination that has it',
  request: { params: sourceParams, query: z.object({ path: picturePath }) },
  responses: image('The original bytes'),
});

export const pictureRoutes = ({ services: { fleet } }: Pick<ResourceOptions, 'services'>) =>
  newRoutes()
    .openapi(latest, async (c) => sendImage(c, await fleet.latestPreview(c.req.valid('param')), 'preview'))
    .openapi(days, (c) => c.json(fleet.days(c.req.valid('param'), c.req.valid('query').month), 200))
    .openapi(list, (c) => {
      const address = c.req.valid('param');
      const { day, offset, limit } = c.req.valid('query');
      const { total, pictures } = fleet.pictures(address, day, offset, limit);
      const linked = pictures.map((picture) => ({
        ...picture,
        previewUrl: urlOf(address, 'picture', picture.path),
        originalUrl: urlOf(address, 'original', picture.path),
      }));
      return c.json({ total, pictures: linked }, 200);
    })
    .openapi(preview, async (c) => {
      const { path } = c.req.valid('query');
      return sendImage(c, await fleet.preview(c.req.valid('param'), path), `preview of ${JSON.stringify(path)}`);
    })
    .openapi(original, async (c) => {
      const { path } = c.req.valid('query');
      const found = await fleet.original(c.req.valid('param'), path);
      c.header('Content-Disposition', attachment(path.slice(path.lastIndexOf('/') + 1)));
      return sendImage(c, found, `original of ${JSON.stringify(path)}`);
    });

const urlOf = ({ site, device, source }: SourceAddress, what: string, path: string) =>
  `/api/v1/devices/${site}/${device}/sources/${source}/${what}?path=${encodeURIComponent(path)}`;

/** Kept by this browser alone, and asked for again each time: who has been signed out sees no more. */
function sendImage(c: HttpContext, found: Buffer | undefined, what: string): Response {
  if (!found) throw new VigieError('not-found', `find the ${what}: there is none`);
  const etag = `"${createHash('sha256').update(found).digest('base64url')}"`;
  c.set('foreign', true);
  c.header('ETag', etag);
  c.header('Cache-Control', 'private, no-cache');
  const known = c.req
    .header('if-none-match')
    ?.split(',')
    .map((tag) => tag.trim().replace(/^W\//, ''));
  if (known?.includes(etag)) return c.body(null, 304);
  c.header('Content-Type', imageType(found));
  return c.body(new Uint8Array(found), 200);
}

/** What the bytes are, not what their name says. */
export function imageType(image: Buffer): string {
  if (image.subarray(0, 3).equals(Buffer.from('ffd8ff', 'hex'))) return 'image/jpeg';
  if (image.subarray(0, 8).equals(Buffer.from('89504e470d0a1a0a', 'hex'))) return 'image/png';
  const webp = image.toString('latin1', 0, 4) === 'RIFF' && image.toString('latin1', 8, 12) === 'WEBP';
  return webp ? 'image/webp' : 'application/octet-stream';
}

/** RFC 6266: a name for old clients without anything that could end it, and the whole name in UTF-8. */
export function attachment(name: string): string {
  const shown = printable(name);
  const plain = shown.replace(/[^\w.\- ]/g, '_');
  const encoded = encodeURIComponent(shown).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
