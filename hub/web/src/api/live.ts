import type { QueryClient } from '@tanstack/react-query';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { LiveEvent } from './documents.ts';
import { tell as tellKey } from './told.ts';
import { staleKeys } from './topics.ts';

export type LiveState = 'connecting' | 'live' | 'cut';

/** A burst of events becomes one question; a fleet of hundreds must not flood its own dashboard. */
const GATHER_MS = 400;
const REOPEN_MS = 5_000;
/** A cut shorter than this is not worth a banner. */
const PATIENCE_MS = 3_000;
/** While the stream is cut, the pages ask by themselves. */
const POLL_MS = 15_000;

/** Follows `/api/v1/live`: asks again for what changed, and says whether the stream stands. */
export function useLive(enabled: boolean): LiveState {
  const client = useQueryClient();
  const [state, setState] = useState<LiveState>('connecting');
  useEffect(() => {
    if (!enabled) return;
    return followLive(client, setState);
  }, [client, enabled]);
  return state;
}

function followLive(client: QueryClient, tell: (state: LiveState) => void): () => void {
  const stale = new Map<string, readonly unknown[]>();
  const told = new Set<string>();
  let stream: EventSource | undefined;
  let gather: number | undefined;
  let reopen: number | undefined;
  let patience: number | undefined;
  let wasCut = false;

  const flush = () => {
    gather = undefined;
    for (const queryKey of stale.values()) void client.invalidateQueries({ queryKey });
    stale.clear();
    for (const key of told) tellKey(key);
    told.clear();
  };
  const hear = (message: MessageEvent<string>) => {
    const event = parse(message.data);
    if (!event) return;
    for (const key of staleKeys(event)) stale.set(JSON.stringify(key), key);
    if (event.topic === 'fleet' || event.topic === 'pictures') told.add(event.key);
    gather ??= window.setTimeout(flush, GATHER_MS);
  };
  const open = () => {
    reopen = undefined;
    stream = new EventSource('/api/v1/live');
    stream.onopen = () => {
      window.clearTimeout(patience);
      patience = undefined;
      tell('live');
      // What happened while the stream was cut was told to nobody.
      if (wasCut) void client.invalidateQueries();
      wasCut = false;
    };
    stream.onmessage = hear;
    for (const topic of ['fleet', 'pictures', 'reports', 'jobs', 'drills', 'activity', 'change'])
      stream.addEventListener(topic, hear);
    stream.onerror = () => {
      wasCut = true;
      patience ??= window.setTimeout(() => tell('cut'), PATIENCE_MS);
      // A refused stream is closed for good by the browser; a cut one is opened again by the browser itself.
      if (stream?.readyState === EventSource.CLOSED) reopen ??= window.setTimeout(open, REOPEN_MS);
    };
  };
  const poll = window.setInterval(() => {
    if (wasCut && document.visibilityState === 'visible') void client.invalidateQueries();
  }, POLL_MS);
  open();
  return () => {
    stream?.close();
    for (const timer of [gather, reopen, patience]) window.clearTimeout(timer);
    window.clearInterval(poll);
  };
}

function parse(text: string): LiveEvent | undefined {
  try {
    return JSON.parse(text) as LiveEvent;
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined;
    throw cause;
  }
}
