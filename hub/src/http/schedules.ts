import { createRoute } from '@hono/zod-openapi';
import { newRoutes, type ResourceOptions } from './env.ts';
import { json } from './inputs.ts';
import { schedules } from './schedules-schema.ts';

const read = createRoute({
  method: 'get',
  path: '/schedules',
  summary: 'What the hub does by itself, and how long it keeps what comes of it',
  responses: { 200: { description: 'As its configuration says', content: json(schedules) } },
});

export const scheduleRoutes = ({ services }: Pick<ResourceOptions, 'services'>) =>
  newRoutes().openapi(read, (c) => c.json(services.schedules(), 200));
