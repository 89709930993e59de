import { createRoute, z } from '@hono/zod-openapi';
import { VigieError } from '@vigie/shared/kit/errors';
import { CLASSES } from '@vigie/shared/protocol/report';
import { newRoutes, note, person, type ResourceOptions } from './env.ts';
import { exportRoute, sendExport } from './export.ts';
import { idParams, json, limitOf, offset } from './inputs.ts';
import { estimate, newReport, report, reportPage, type Side, unmatchedPage } from './schema.ts';

const oneReport = (description: string) => ({ description, content: json(report) });

const list = createRoute({
  method: 'get',
  path: '/reports',
  summary: 'Sync reports, newest first',
  request: { query: z.object({ offset, limit: limitOf(200, 50) }) },
  responses: { 200: { description: 'A page of reports', content: json(reportPage) } },
});
const create = createRoute({
  method: 'post',
  path: '/reports',
  summary: 'Compare two sides; the report is queued. Sides that are directories are for administrators',
  request: { body: { content: json(newReport), required: true } },
  responses: { 201: oneReport('The queued report') },
});
const get = createRoute({
  method: 'get',
  path: '/reports/{id}',
  summary: 'One sync report',
  request: { params: idParams },
  responses: { 200: oneReport('The report') },
});
const remove = createRoute({
  method: 'delete',
  path: '/reports/{id}',
  summary: 'Remove a report that is at its end',
  request: { params: idParams },
  responses: { 204: { description: 'Removed' } },
});
const cancel = createRoute({
  method: 'post',
  path: '/reports/{id}/cancel',
  summary: 'Cancel a report that is queued or running',
  request: { params: idParams },
  responses: { 200: oneReport('The report') },
});
/** Without `full` it lists as much of a destination as the report before. */
const rerunRequest = z.object({ sync: z.boolean(), full: z.boolean().optional() });
const rerun = createRoute({
  method: 'post',
  path: '/reports/{id}/rerun',
  summary: 'Compare the same sides again; with sync, deliver again what is missing afterwards',
  request: { params: idParams, body: { content: json(rerunRequest), required: true } },
  responses: { 201: oneReport('The new report') },
});
const getEstimate = createRoute({
  method: 'get',
  path: '/reports/{id}/estimate',
  summary: 'What a re-sync would move, and how long that takes',
  request: { params: idParams },
  responses: { 200: { description: 'The estimate', content: json(estimate) } },
});
const unmatched = createRoute({
  method: 'get',
  path: '/reports/{id}/unmatched',
  summary: 'The assets that are not matched',
  request: {
    params: idParams,
    query: z.object({
      class: z.enum(CLASSES).optional(),
      search: z.string().max(200).optional(),
      /** Only those that are new since the last report, or only the others. */
      new: z.enum(['true', 'false']).optional(),
      offset,
      limit: limitOf(1000, 100),
    }),
  },
  responses: { 200: { description: 'A page of entries', content: json(unmatchedPage) } },
});

export const reportRoutes = ({ services: { reports }, users }: ResourceOptions) => {
  const present = (id: string) => {
    const found = reports.get(id);
    if (!found) throw new VigieError('not-found', `find report ${JSON.stringify(id)}: there is none`);
    return found;
  };
  return newRoutes()
    .openapi(list, (c) => {
      const { offset, limit } = c.req.valid('query');
      return c.json(reports.list(offset, limit), 200);
    })
    .openapi(create, (c) => {
      const request = c.req.valid('json');
      const { user } = person(c);
      if (user.role !== 'admin' && [request.left, request.right].some((side) => side.type === 'directory')) {
        throw new VigieError(
          'forbidden',
          `create a report of a directory: your role is ${user.role}, it must be admin`,
        );
      }
      const created = reports.create(request, user.email);
      note(c, users, 'report-create', created.id, { left: sideText(created.left), right: sideText(created.right) });
      return c.json(created, 201);
    })
    .openapi(get, (c) => c.json(present(c.req.valid('param').id), 200))
    .openapi(remove, (c) => {
      const { id } = present(c.req.valid('param').id);
      reports.remove(id);
      note(c, users, 'report-remove', id);
      return c.body(null, 204);
    })
    .openapi(cancel, (c) => {
      const { id } = present(c.req.valid('param').id);
      const cancelled = reports.cancel(id);
      note(c, users, 'report-cancel', id);
      return c.json(cancelled, 200);
    })
    .openapi(rerun, (c) => {
      const { id } = present(c.req.valid('param').id);
      const order = c.req.valid('json');
      const again = reports.rerun(id, order, person(c).user.email);
      note(c, users, order.sync ? 'report-sync' : 'report-rerun', again.id, { of: id });
      return c.json(again, 201);
    })
    .openapi(getEstimate, (c) => c.json(reports.estimate(present(c.req.valid('param').id).id), 200))
    .openapi(unmatched, (c) => {
      const { id } = present(c.req.valid('param').id);
      const { offset, limit, new: isNew, ...filter } = c.req.valid('query');
      const only = isNew === undefined ? filter : { ...filter, isNew: isNew === 'true' };
      return c.json(reports.unmatched(id, only, offset, limit), 200);
    })
    .openapi(exportRoute, async (c) => {
      const { id } = present(c.req.valid('param').id);
      const { format } = c.req.valid('query');
      const answer = await sendExport(c, reports.export(id, format), `report-${id}`, format);
      note(c, users, 'report-export', id, { format });
      return answer;
    });
};

function sideText(side: Side): string {
  if (side.type === 'directory') return side.path;
  const source = `${side.site}/${side.device}/${side.source}`;
  return side.type === 'source' ? source : `${side.destination}:${source}`;
}
