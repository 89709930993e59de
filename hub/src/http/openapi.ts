import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { ACCESS } from './access.ts';
import { type HttpEnv, newRoutes } from './env.ts';
import { referencePage } from './reference-page.ts';
import { problem } from './schema.ts';

const document = createRoute({
  method: 'get',
  path: '/openapi.json',
  summary: 'This API as an OpenAPI 3.1 document',
  responses: { 200: { description: 'The document', content: { 'application/json': { schema: z.any() } } } },
});
const page = createRoute({
  method: 'get',
  path: '/docs',
  summary: 'This API as a page',
  responses: { 200: { description: 'The page', content: { 'text/html': { schema: z.string() } } } },
});

export type ApiDocument = ReturnType<OpenAPIHono['getOpenAPI31Document']>;

export const openApiRoutes = (describe: () => ApiDocument) =>
  newRoutes()
    .openapi(document, (c) => c.json(describe(), 200))
    .openapi(page, (c) => c.html(referencePage(describe()), 200));

/** The document of all routes of this app: each with who may call it, and with what an error looks like. */
export function describeApi(app: OpenAPIHono<HttpEnv>, version: string): ApiDocument {
  app.openAPIRegistry.register('Problem', problem);
  const described = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Vigie hub',
      version,
      license: { name: 'Apache-2.0' },
      description:
        'Sign in with POST /api/auth/sign-in/email; the session is a cookie. Unsafe methods need an Origin header with the ' +
        "hub's own address, which browsers send by themselves. Times are ISO 8601 in UTC, sizes are bytes.",
    },
  });
  const failure = {
    description: 'What went wrong, and what helps',
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
  for (const [path, item] of Object.entries(described.paths ?? {})) {
    for (const method of ['get', 'post', 'patch', 'delete'] as const) {
      const operation = item[method];
      if (!operation) continue;
      const role = ACCESS[`${method.toUpperCase()} ${path.replace('/api/v1', '')}`] ?? 'public';
      operation.tags = [path.split('/')[path.startsWith('/api/v1/') ? 3 : 2] ?? ''];
      operation.description = role === 'public' ? 'Anybody may call this.' : `Needs the role ${role}.`;
      operation.responses = { ...operation.responses, default: failure };
    }
  }
  return described;
}
