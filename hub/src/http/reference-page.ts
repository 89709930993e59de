import { html } from 'hono/html';
import type { ApiDocument } from './openapi.ts';

type Item = NonNullable<ApiDocument['paths']>[string];
type Operation = NonNullable<Item['get']>;
type Body = { content?: Record<string, { schema?: unknown }> };

/** The API's reference as one plain page: no script, nothing loaded from elsewhere. */
export function referencePage(document: ApiDocument) {
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    (['get', 'post', 'patch', 'delete'] as const).flatMap((method) => {
      const operation = item[method];
      return operation ? [{ path, method: method.toUpperCase(), operation }] : [];
    }),
  );
  const groups = Map.groupBy(operations, ({ operation }) => operation.tags?.[0] ?? '');
  return html`<!doctype html>
<html lang="en">
  <meta charset="utf-8" />
  <meta name="viewport" content="width=device-width" />
  <title>${document.info.title} API</title>
  <style>
    body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color-scheme: light dark; }
    h2 { margin-top: 2.5rem; text-transform: capitalize; }
    article { border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding: 0.75rem 0; }
    h3 { margin: 0; font: 600 0.95rem ui-monospace, monospace; overflow-wrap: anywhere; }
    h3 b { display: inline-block; min-width: 4.5rem; }
    p { margin: 0.25rem 0; }
    dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; margin: 0.25rem 0; font-size: 0.9rem; }
    dd { margin: 0; overflow-wrap: anywhere; }
    pre { overflow-x: auto; font-size: 0.85rem; }
  </style>
  <h1>${document.info.title} API ${document.info.version}</h1>
  <p>${document.info.description}</p>
  <p><a href="/api/v1/openapi.json">OpenAPI 3.1 document</a></p>
  ${[...groups].map(([tag, list]) => html`<h2>${tag}</h2>${list.map(article)}`)}
  <h2>Documents</h2>
  ${Object.entries(document.components?.schemas ?? {}).map(
    ([name, schema]) =>
      html`<details id="${name}"><summary>${name}</summary><pre>${JSON.stringify(schema, null, 2)}</pre></details>`,
  )}
</html>`;
}

function article({ path, method, operation }: { path: string; method: string; operation: Operation }) {
  const parameters = (operation.parameters ?? []).flatMap((p) => ('name' in p ? [p] : []));
  const body = operation.requestBody as Body | undefined;
  const answers = Object.entries((operation.responses ?? {}) as Record<string, Body & { description?: string }>);
  return html`<article>
    <h3><b>${method}</b>${path}</h3>
    <p>${operation.summary}. ${operation.description}</p>
    <dl>
      ${parameters.map((p) => html`<dt>${p.in} ${p.name}</dt><dd>${shape(p.schema)}${p.required ? '' : ', optional'}</dd>`)}
      ${body ? html`<dt>body</dt><dd>${contents(body)}</dd>` : ''}
      ${answers.map(([status, a]) => html`<dt>${status}</dt><dd>${a.description} ${contents(a)}</dd>`)}
    </dl>
  </article>`;
}

const contents = ({ content = {} }: Body) =>
  Object.entries(content).map(([type, { schema }]) => html`<code>${type}</code> ${shape(schema)}`);

/** A schema in a few words: its name, or its JSON. */
function shape(schema: unknown): string {
  const { $ref, type, items } = (schema ?? {}) as { $ref?: string; type?: string; items?: unknown };
  if ($ref) return $ref.slice($ref.lastIndexOf('/') + 1);
  if (type === 'array') return `list of ${shape(items)}`;
  return schema === undefined ? '' : JSON.stringify(schema);
}
