import type { Device, SourceState } from '../api/documents.ts';
/** What a person should look at. `bad` means that pictures are not taken or do not arrive; `warn` that they may soon not. */
export type Problem = {
  level: 'bad' | 'warn';
  title: string;
  message: string;
  hint?: string | undefined;
};
/** Problems of the whole device, which concern each of its sources. */
export declare function deviceProblems({ presence, state }: Pick<Device, 'presence' | 'state'>): Problem[];
/** Problems of one source: camera, folder, destinations. */
export declare function sourceProblems(state: SourceState | undefined): Problem[];
