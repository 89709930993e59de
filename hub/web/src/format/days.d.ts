/** Day folders (`YYYYMMDD`) and the calendar's dates (`YYYY-MM-DD`). */
export declare const isDay: (text: string) => boolean;
export declare const dateOfDay: (day: string) => string;
export declare const dayOfDate: (date: string) => string;
export declare const monthOfDate: (date: string) => string;
/** `Tuesday, 3 March 2026`; what is no day is shown as it is. */
export declare function dayText(day: string): string;
/** The date now in a zone, as the calendar writes it. */
export declare function dateIn(zone: string | undefined, now: number): string;
/** How warm a day is, 0 (none) to 4, by its share of the month's fullest day. */
export declare function warmth(count: number, most: number): 0 | 1 | 2 | 3 | 4;
