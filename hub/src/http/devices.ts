import { createRoute, z } from '@hono/zod-openapi';
import { VigieError } from '@vigie/shared/kit/errors';
import { newRoutes, note, person, type ResourceOptions } from './env.ts';
import { deviceParams, json } from './inputs.ts';
import { commandRequest, commandResult, device } from './schema.ts';

const list = createRoute({
  method: 'get',
  path: '/devices',
  summary: 'The fleet',
  responses: { 200: { description: 'The devices', content: json(z.array(device)) } },
});
const get = createRoute({
  method: 'get',
  path: '/devices/{site}/{device}',
  summary: 'One device',
  request: { params: deviceParams },
  responses: { 200: { description: 'The device', content: json(device) } },
});
const command = createRoute({
  method: 'post',
  path: '/devices/{site}/{device}/commands',
  summary: 'Have a device do something now, and wait for its answer',
  request: { params: deviceParams, body: { content: json(commandRequest), required: true } },
  responses: { 200: { description: 'What the device answered', content: json(commandResult) } },
});

export const deviceRoutes = ({ services, users }: ResourceOptions) =>
  newRoutes()
    .openapi(list, (c) => c.json(services.fleet.devices(), 200))
    .openapi(get, (c) => {
      const { site, device } = c.req.valid('param');
      return c.json(present(services, site, device), 200);
    })
    .openapi(command, async (c) => {
      const { site, device } = c.req.valid('param');
      const request = c.req.valid('json');
      present(services, site, device);
      note(c, users, 'command', `${site}/${device}`, { command: request.name });
      return c.json(await services.fleet.command(site, device, request, person(c).user.email), 200);
    });

function present(services: ResourceOptions['services'], site: string, name: string): z.infer<typeof device> {
  const found = services.fleet.device(site, name);
  if (!found) throw new VigieError('not-found', `find device ${JSON.stringify(`${site}/${name}`)}: there is none`);
  return found;
}
