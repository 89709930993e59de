import { createRoute, z } from '@hono/zod-openapi';
import { newRoutes, type ResourceOptions } from './env.ts';
import { json } from './inputs.ts';
import { destination } from './schema.ts';

const list = createRoute({
  method: 'get',
  path: '/destinations',
  summary: 'Where pictures are delivered',
  responses: { 200: { description: 'The destinations', content: json(z.array(destination)) } },
});

export const destinationRoutes = ({ services }: Pick<ResourceOptions, 'services'>) =>
  newRoutes().openapi(list, (c) => c.json(services.destinations(), 200));
