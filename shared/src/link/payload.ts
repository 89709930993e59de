import sjson from 'secure-json-parse';
import type { z } from 'zod';
import { VigieError } from '../kit/errors.ts';
import { type Message, type MessageFamily, SCHEMAS } from '../protocol/messages.ts';

/** Limits of what is taken for a message. Bytes are checked before parsing, depth and entries after it. */
export const PAYLOAD_BYTES_MAX = 256 * 1024;
export const DEPTH_MAX = 24;
/** Keys and array entries altogether. */
export const ENTRIES_MAX = 20_000;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Parses a message of a family. Throws `payload` on anything that is too large, too deep or not of its schema. */
export function parseMessage<F extends MessageFamily>(family: F, payload: Uint8Array): Message<F> {
  return parsePayload(family, SCHEMAS[family] as unknown as z.ZodType<Message<F>>, payload);
}

/** As `parseMessage`, by a schema that belongs to no family of a device (the hub's status). `what` is its name in errors. */
export function parsePayload<T>(what: string, schema: z.ZodType<T>, payload: Uint8Array): T {
  if (payload.length > PAYLOAD_BYTES_MAX) {
    throw fault(what, `it has ${payload.length} bytes; at most ${PAYLOAD_BYTES_MAX} are allowed`);
  }
  let value: unknown;
  try {
    value = sjson.parse(utf8.decode(payload), { protoAction: 'error', constructorAction: 'error' });
  } catch (error) {
    throw fault(what, 'it is no JSON in UTF-8, or has a forbidden key', error);
  }
  const excess = excessOf(value);
  if (excess) throw fault(what, excess);
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw fault(what, `"${issue?.path.join('.') ?? ''}": ${issue?.message ?? 'not of its form'}`.slice(0, 500));
}

/**
 * The text of a message. It goes through the schema that the other side will use, so that a message that would be
 * refused there fails here, with `payload`.
 */
export function encodeMessage<F extends MessageFamily>(family: F, message: z.input<(typeof SCHEMAS)[F]>): string {
  const parsed = SCHEMAS[family].safeParse(message);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new VigieError('payload', `encode a message "${family}": "${issue?.path.join('.')}": ${issue?.message}`);
  }
  const text = JSON.stringify(parsed.data);
  const bytes = Buffer.byteLength(text);
  if (bytes > PAYLOAD_BYTES_MAX) {
    throw new VigieError(
      'payload',
      `encode a message "${family}": it has ${bytes} bytes; at most ${PAYLOAD_BYTES_MAX} are allowed`,
    );
  }
  return text;
}

/** What is too much about a parsed value, found without recursion: a hundred thousand levels must not end the program. */
function excessOf(value: unknown): string | undefined {
  let level: unknown[] = [value];
  let entries = 0;
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEPTH_MAX) return `it is nested deeper than the ${DEPTH_MAX} levels that are allowed`;
    const next: unknown[] = [];
    for (const item of level) {
      if (typeof item !== 'object' || item === null) continue;
      const children = Array.isArray(item) ? item : Object.values(item);
      entries += children.length;
      if (entries > ENTRIES_MAX) return `it has more than the ${ENTRIES_MAX} keys and entries that are allowed`;
      for (const child of children) if (typeof child === 'object' && child !== null) next.push(child);
    }
    level = next;
  }
  return undefined;
}

function fault(what: string, why: string, cause?: unknown): VigieError {
  return new VigieError('payload', `read a message "${what}": ${why}`, { cause });
}
