import { createRoute, z } from '@hono/zod-openapi';
import { VigieError } from '@vigie/shared/kit/errors';
import { identifier } from '@vigie/shared/protocol/asset';
import { drill, drillPage, newDrill } from './drill-schema.ts';
import { newRoutes, note, person, type ResourceOptions } from './env.ts';
import { deviceParams, idParams, json, limitOf } from './inputs.ts';

const start = createRoute({
  method: 'post',
  path: '/devices/{site}/{device}/drills',
  summary: 'Have a device act as in an outage',
  request: { params: deviceParams, body: { content: json(newDrill), required: true } },
  responses: { 201: { description: 'The drill, which is ordered', content: json(drill) } },
});
const list = createRoute({
  method: 'get',
  path: '/drills',
  summary: 'Outage drills, newest first',
  request: {
    query: z.object({ site: identifier.optional(), device: identifier.optional(), limit: limitOf(100, 20) }),
  },
  responses: { 200: { description: 'The drills', content: json(drillPage) } },
});
const get = createRoute({
  method: 'get',
  path: '/drills/{id}',
  summary: "One drill's sheet",
  request: { params: idParams },
  responses: { 200: { description: 'The drill', content: json(drill) } },
});

export const drillRoutes = ({ services, users }: ResourceOptions) =>
  newRoutes()
    .openapi(start, (c) => {
      const address = c.req.valid('param');
      const forMs = Math.round(c.req.valid('json').minutes * 60_000);
      const created = services.drills.start({ ...address, forMs }, person(c).user.email);
      note(c, users, 'drill', created.id, { device: `${address.site}/${address.device}`, forMs });
      return c.json(created, 201);
    })
    .openapi(list, (c) => {
      const { limit, ...chosen } = c.req.valid('query');
      return c.json(services.drills.list(chosen, limit), 200);
    })
    .openapi(get, (c) => {
      const { id } = c.req.valid('param');
      const found = services.drills.get(id);
      if (!found) throw new VigieError('not-found', `drill "${id}": there is none`);
      return c.json(found, 200);
    });
