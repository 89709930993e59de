import { createRoute, z } from '@hono/zod-openapi';
import type { HttpContext } from './env.ts';
import { bytes, idParams } from './inputs.ts';
import { attachment } from './pictures.ts';
import type { ExportFormat } from './services.ts';

const FORMATS = {
  csv: { type: 'text/csv; charset=utf-8', extension: 'csv' },
  ndjson: { type: 'application/x-ndjson', extension: 'ndjson' },
  combined: { type: 'text/plain; charset=utf-8', extension: 'txt' },
  json: { type: 'application/json', extension: 'json' },
} satisfies Record<ExportFormat, { type: string; extension: string }>;

export const exportRoute = createRoute({
  method: 'get',
  path: '/reports/{id}/export',
  summary: 'Download a report: its figures as json, its unmatched assets as csv, ndjson or combined',
  request: {
    params: idParams,
    query: z.object({ format: z.enum(Object.keys(FORMATS) as [ExportFormat, ...ExportFormat[]]) }),
  },
  responses: { 200: { description: 'The file', content: { 'application/octet-stream': { schema: bytes() } } } },
});

/** Sends a file of any length as it is made. An error before its first part is still answered with a status. */
export async function sendExport(
  c: HttpContext,
  parts: AsyncIterable<string | Uint8Array>,
  name: string,
  format: ExportFormat,
): Promise<Response> {
  const { type, extension } = FORMATS[format];
  c.header('Content-Type', type);
  c.header('Content-Disposition', attachment(`${name}.${extension}`));
  if (c.req.method === 'HEAD') return c.body(null, 200);
  const iterator = parts[Symbol.asyncIterator]();
  let next: IteratorResult<string | Uint8Array> | undefined = await iterator.next();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const part = next ?? (await iterator.next());
      next = undefined;
      if (part.done) controller.close();
      else controller.enqueue(typeof part.value === 'string' ? Buffer.from(part.value) : part.value);
    },
    async cancel() {
      await iterator.return?.();
    },
  });
  return c.body(body, 200);
}
