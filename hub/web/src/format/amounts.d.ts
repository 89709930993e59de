export declare const countText: (count: number) => string;
/** Three figures at most before the unit grows: `0 B`, `940 B`, `4.5 MB`, `82.9 GB`, `201 GB`. */
export declare function bytesText(bytes: number): string;
/** `1 picture`, `2,000 pictures`. */
export declare const plural: (count: number, one: string, many?: string) => string;
/**
 * How much is done, 0 to 100. All but one of a million is 99, never 100: the last picture counts. Nothing to do is done.
 */
export declare function percentOf(done: number, total: number): number;
