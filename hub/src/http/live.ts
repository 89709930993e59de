import { createRoute } from '@hono/zod-openapi';
import { newRoutes, person, type ResourceOptions } from './env.ts';
import { createPendingEvents } from './pending-events.ts';
import { LimitError } from './problems.ts';
import { LIVE_TOPICS, liveEvent } from './schema.ts';
import type { HubServices } from './services.ts';

const PENDING_MAX = 256;
const STREAMS_MAX = 500;
const STREAMS_OF_SESSION_MAX = 16;
export const BEAT_MS = 15_000;

const live = createRoute({
  method: 'get',
  path: '/live',
  summary: `Server-sent events that name what has changed: ${LIVE_TOPICS.join(', ')}`,
  responses: { 200: { description: 'The stream', content: { 'text/event-stream': { schema: liveEvent } } } },
});

export const liveRoutes = ({ services, users, beatMs }: ResourceOptions & { beatMs: number }) => {
  const streams = new Map<string, number>();
  let total = 0;
  return newRoutes().openapi(live, (c) => {
    c.header('Content-Type', 'text/event-stream');
    c.header('X-Accel-Buffering', 'no');
    // Nobody would read the stream, and nobody would end it.
    if (c.req.method === 'HEAD') return c.body(null, 200);
    const { sessionId } = person(c);
    const own = streams.get(sessionId) ?? 0;
    if (own >= STREAMS_OF_SESSION_MAX || total >= STREAMS_MAX) throw new LimitError('open a live stream', 30);
    streams.set(sessionId, own + 1);
    total += 1;
    const body = liveStream(
      services,
      () => users.isSignedIn(sessionId),
      beatMs,
      () => {
        total -= 1;
        const left = (streams.get(sessionId) ?? 1) - 1;
        if (left > 0) streams.set(sessionId, left);
        else streams.delete(sessionId);
      },
    );
    return c.body(body, 200);
  });
};

/** The text of one client's stream. It ends when the client goes, or at the next event or beat after its session has ended. */
function liveStream(services: HubServices, stands: () => boolean, beatMs: number, ended: () => void) {
  const pending = createPendingEvents(PENDING_MAX);
  const text = new TextEncoder();
  let stop = () => {};
  let send = () => {};
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        let over = false;
        const unsubscribe = services.live((event) => {
          pending.add(event);
          send();
        });
        const beat = setInterval(() => {
          if (!stands()) end();
          else if ((controller.desiredSize ?? 0) > 0) controller.enqueue(text.encode(': beat\n\n'));
        }, beatMs);
        beat.unref();
        stop = () => {
          if (over) return;
          over = true;
          clearInterval(beat);
          unsubscribe();
          ended();
        };
        const end = () => {
          if (over) return;
          stop();
          controller.close();
        };
        send = () => {
          if (over || (controller.desiredSize ?? 0) <= 0) return;
          const events = pending.take();
          if (events.length === 0) return;
          if (!stands()) return end();
          controller.enqueue(text.encode(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')));
        };
        controller.enqueue(text.encode('retry: 3000\n\n'));
      },
      // The client has taken what there was: what has come meanwhile follows.
      pull: () => send(),
      cancel: () => stop(),
    },
    { highWaterMark: 2 },
  );
}
