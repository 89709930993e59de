import { createRoute, z } from '@hono/zod-openapi';
import { certificatePage, remarkPage } from './certificate-schema.ts';
import { newRoutes, type ResourceOptions } from './env.ts';
import { sendExport } from './export.ts';
import { bytes, json, limitOf, offset, sourceParams } from './inputs.ts';

const below = '/devices/{site}/{device}/sources/{source}/certificates';

const list = createRoute({
  method: 'get',
  path: below,
  summary:
    'The completeness certificates of a source, newest day first, and the public key that new ones are signed by',
  request: { params: sourceParams, query: z.object({ offset, limit: limitOf(100, 31) }) },
  responses: { 200: { description: 'A page of certificates', content: json(certificatePage) } },
});
const read = createRoute({
  method: 'get',
  path: `${below}/{day}`,
  summary: 'The file of one certificate: the newest of the day, or the one of a number',
  request: {
    params: sourceParams.extend({ day: z.string().regex(/^\d{8}$/, 'YYYYMMDD is allowed') }),
    query: z.object({ number: z.coerce.number().int().min(1).max(9999).optional() }),
  },
  responses: { 200: { description: 'The file', content: { 'application/octet-stream': { schema: bytes() } } } },
});
const remarks = createRoute({
  method: 'get',
  path: `${below}/{day}/remarks`,
  summary: 'What one certificate does not vouch for: what is missing where, or could not be read',
  request: {
    params: sourceParams.extend({ day: z.string().regex(/^\d{8}$/, 'YYYYMMDD is allowed') }),
    query: z.object({
      number: z.coerce.number().int().min(1).max(9999).optional(),
      offset,
      limit: limitOf(1000, 100),
    }),
  },
  responses: { 200: { description: 'A page of remarks', content: json(remarkPage) } },
});

export const certificateRoutes = ({ services: { certificates } }: Pick<ResourceOptions, 'services'>) =>
  newRoutes()
    .openapi(list, async (c) => {
      const { offset, limit } = c.req.valid('query');
      return c.json(await certificates.list(c.req.valid('param'), offset, limit), 200);
    })
    .openapi(read, async (c) => {
      const { day, ...address } = c.req.valid('param');
      const found = await certificates.read(address, day, c.req.valid('query').number);
      const name = `certificate-${address.device}-${address.source}-${day}.${found.number}`;
      return sendExport(c, found.bytes, name, 'ndjson');
    })
    .openapi(remarks, async (c) => {
      const { day, ...address } = c.req.valid('param');
      const { number, offset, limit } = c.req.valid('query');
      return c.json(await certificates.remarks(address, day, number, offset, limit), 200);
    });
