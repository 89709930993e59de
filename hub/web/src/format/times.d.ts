/** Instants and spans as people read them. `now` is passed in, in milliseconds since 1970. */
export type Instant = string | number;
export declare const millisOf: (at: Instant) => number;
/** `4 s`, `12 min`, `3 h`, `9 days`: one figure, rounded down. */
export declare function spanText(ms: number): string;
/** A span with its second figure, for estimates and uptimes: `1 min 20 s`, `3 h 5 min`, `2 days 4 h`. */
export declare function durationText(ms: number): string;
/** `just now`, `12 s ago`, `3 h ago`; a clock that runs ahead says `just now`. */
export declare function agoText(at: Instant, now: number): string;
/** Date and time to the second, in the given zone or the reader's own. */
export declare function instantText(at: Instant, zone?: string): string;
/** `14:05:09`, in the given zone or the reader's own. */
export declare function clockText(at: Instant, zone?: string): string;
/** `14:05` today, `3 Mar, 14:05` on other days. */
export declare function shortText(at: Instant, now: number): string;
