import { createRoute, z } from '@hono/zod-openapi';
import { VigieError } from '@vigie/shared/kit/errors';
import { newRoutes, note, person, type ResourceOptions } from './env.ts';
import { idParams, json } from './inputs.ts';
import { job } from './schema.ts';

const list = createRoute({
  method: 'get',
  path: '/jobs',
  summary: 'Re-syncs',
  responses: { 200: { description: 'The jobs', content: json(z.array(job)) } },
});
const get = createRoute({
  method: 'get',
  path: '/jobs/{id}',
  summary: 'One re-sync',
  request: { params: idParams },
  responses: { 200: { description: 'The job', content: json(job) } },
});
const order = <const W extends 'pause' | 'resume' | 'cancel'>(what: W) =>
  createRoute({
    method: 'post',
    path: `/jobs/{id}/${what}` as const,
    summary: `${what.charAt(0).toUpperCase()}${what.slice(1)} a re-sync`,
    request: { params: idParams },
    responses: { 200: { description: 'The job', content: json(job) } },
  });
const pause = order('pause');
const resume = order('resume');
const cancel = order('cancel');

export const jobRoutes = ({ services: { jobs }, users }: ResourceOptions) => {
  const present = (id: string) => {
    const found = jobs.get(id);
    if (!found) throw new VigieError('not-found', `find job ${JSON.stringify(id)}: there is none`);
    return found;
  };
  return newRoutes()
    .openapi(list, (c) => c.json(jobs.list(), 200))
    .openapi(get, (c) => c.json(present(c.req.valid('param').id), 200))
    .openapi(pause, (c) => {
      const ordered = jobs.order(present(c.req.valid('param').id).id, 'pause', person(c).user.email);
      note(c, users, 'job-pause', ordered.id);
      return c.json(ordered, 200);
    })
    .openapi(resume, (c) => {
      const ordered = jobs.order(present(c.req.valid('param').id).id, 'run', person(c).user.email);
      note(c, users, 'job-resume', ordered.id);
      return c.json(ordered, 200);
    })
    .openapi(cancel, (c) => {
      const ordered = jobs.order(present(c.req.valid('param').id).id, 'cancel', person(c).user.email);
      note(c, users, 'job-cancel', ordered.id);
      return c.json(ordered, 200);
    });
};
