import { createRoute, z } from '@hono/zod-openapi';
import { newRoutes, type ResourceOptions } from './env.ts';
import { json, limitOf } from './inputs.ts';
import { activity } from './schema.ts';

const list = createRoute({
  method: 'get',
  path: '/activity',
  summary: 'What happened lately, newest first',
  request: { query: z.object({ limit: limitOf(500, 50) }) },
  responses: { 200: { description: 'The activity', content: json(z.array(activity)) } },
});

export const activityRoutes = ({ services }: Pick<ResourceOptions, 'services'>) =>
  newRoutes().openapi(list, (c) => c.json(services.activity(c.req.valid('query').limit), 200));
