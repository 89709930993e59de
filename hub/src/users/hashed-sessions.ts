import { createHash } from 'node:crypto';
import type { drizzleAdapter } from 'better-auth/adapters/drizzle';

type MakeAdapter = ReturnType<typeof drizzleAdapter>;
type Adapter = ReturnType<MakeAdapter>;
type Where = NonNullable<Parameters<Adapter['findMany']>[0]['where']>;

/**
 * Session tokens are stored hashed: who reads the database, or a copy of it, cannot take over a session. better-auth
 * stores them as they are; this decorates its database adapter, and gives the caller back the token it came with.
 */
export function hashedSessions(make: MakeAdapter): MakeAdapter {
  return (options) => {
    const inner = make(options);
    const outer: Adapter = {
      ...inner,
      async create(call) {
        if (call.model !== 'session') return inner.create(call);
        const data = call.data as Record<string, unknown>;
        const row = await inner.create({ ...call, data: { ...data, token: hashToken(String(data.token)) } as never });
        return { ...(row as object), token: data.token } as never;
      },
      async findOne(call) {
        const row = await inner.findOne(hashed(call));
        return restored(call, row) as never;
      },
      findMany: (call) => inner.findMany(hashed(call)),
      count: (call) => inner.count(hashed(call)),
      async update(call) {
        const row = await inner.update(hashed(call));
        return restored(call, row) as never;
      },
      updateMany: (call) => inner.updateMany(hashed(call)),
      delete: (call) => inner.delete(hashed(call)),
      deleteMany: (call) => inner.deleteMany(hashed(call)),
      transaction: (work) => work(outer),
    };
    return outer;
  };
}

export const hashToken = (token: string): string => createHash('sha256').update(token).digest('base64url');

/** The same call with the hash in place of each token that it asks for. */
function hashed<C extends { model: string; where?: Where | undefined }>(call: C): C {
  if (call.model !== 'session' || !call.where) return call;
  const where = call.where.map((term) => {
    if (term.field !== 'token') return term;
    const { value } = term;
    return { ...term, value: Array.isArray(value) ? value.map((v) => hashToken(String(v))) : hashToken(String(value)) };
  });
  return { ...call, where: where as Where };
}

/** The row found by a token, with that token in place of its hash. */
function restored(call: { model: string; where?: Where | undefined }, row: unknown): unknown {
  const token = call.model === 'session' ? call.where?.find((term) => term.field === 'token')?.value : undefined;
  return row && typeof token === 'string' ? { ...row, token } : row;
}
