/** Instants and spans as people read them. `now` is passed in, in milliseconds since 1970. */
export type Instant = string | number;

export const millisOf = (at: Instant): number => (typeof at === 'number' ? at : Date.parse(at));

/** `4 s`, `12 min`, `3 h`, `9 days`: one figure, rounded down. */
export function spanText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h`;
  return `${Math.floor(hours / 24)} days`;
}

/** A span with its second figure, for estimates and uptimes: `1 min 20 s`, `3 h 5 min`, `2 days 4 h`. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'days'],
    [Math.floor((seconds % 86_400) / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'min'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([value]) => value > 0);
  return parts
    .slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value} ${value === 1 && unit === 'days' ? 'day' : unit}`)
    .join(' ');
}

/** `just now`, `12 s ago`, `3 h ago`; a clock that runs ahead says `just now`. */
export function agoText(at: Instant, now: number): string {
  const ms = now - millisOf(at);
  return ms < 2000 ? 'just now' : `${spanText(ms)} ago`;
}

/** Date and time to the second, in the given zone or the reader's own. */
export function instantText(at: Instant, zone?: string): string {
  return formatter(zone, { dateStyle: 'medium', timeStyle: 'medium' }).format(millisOf(at));
}

/** `14:05:09`, in the given zone or the reader's own. */
export function clockText(at: Instant, zone?: string): string {
  return formatter(zone, { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(millisOf(at));
}

/** `14:05` today, `3 Mar, 14:05` on other days. */
export function shortText(at: Instant, now: number): string {
  const time = formatter(undefined, { hour: '2-digit', minute: '2-digit' }).format(millisOf(at));
  const day = (ms: number) => new Date(ms).toDateString();
  if (day(millisOf(at)) === day(now)) return time;
  return `${formatter(undefined, { day: 'numeric', month: 'short' }).format(millisOf(at))}, ${time}`;
}

/** A zone that this browser does not know is shown in the reader's own rather than not at all. */
function formatter(zone: string | undefined, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const all = { ...options, hourCycle: 'h23' as const };
  if (zone === undefined) return new Intl.DateTimeFormat('en-GB', all);
  try {
    return new Intl.DateTimeFormat('en-GB', { ...all, timeZone: zone });
  } catch (cause) {
    if (cause instanceof RangeError) return new Intl.DateTimeFormat('en-GB', all);
    throw cause;
  }
}
