import { sha256 } from './trivial-operation.ts';

/** What the engine writes down for a job before the job's file gets its name. */
export const intent = (path: string, content: string) => ({
  tree: 'result' as const,
  path,
  size: content.length,
  sha256: sha256(Buffer.from(content)),
  kind: 'jpg' as const,
  capturedAt: 0,
  modifiedAt: 0,
  unreadable: undefined,
  preview: null,
});
