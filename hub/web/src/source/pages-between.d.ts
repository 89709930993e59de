/** The pages that hold the items `first` to `last`, both included, of `size` items each. */
export declare function pagesBetween(first: number, last: number, size: number): number[];
