import type { z } from '@hono/zod-openapi';
import type { certificatePage, remarkPage } from './certificate-schema.ts';
import type { drill, drillPage } from './drill-schema.ts';
import type { schedules } from './schedules-schema.ts';
import type {
  activity,
  commandRequest,
  commandResult,
  day,
  destination,
  device,
  estimate,
  job,
  LiveEvent,
  newReport,
  picture,
  report,
  unmatchedPage,
} from './schema.ts';

type Of<S extends z.ZodType> = z.infer<S>;
export type SourceAddress = { site: string; device: string; source: string };
export type ExportFormat = 'csv' | 'ndjson' | 'combined' | 'json';

/**
 * What the HTTP side asks of the hub. Calls that name something absent return undefined or throw a VigieError with the
 * code `not-found`; a state that forbids the call throws `conflict`.
 */
export type HubServices = {
  version: string;
  fleet: {
    devices(): Of<typeof device>[];
    device(site: string, name: string): Of<typeof device> | undefined;
    /** Days that hold entries, of one month (`YYYYMM`) or of all. */
    days(address: SourceAddress, month?: string): Of<typeof day>[];
    pictures(
      address: SourceAddress,
      day: string,
      offset: number,
      limit: number,
    ): { total: number; pictures: Omit<Of<typeof picture>, 'previewUrl' | 'originalUrl'>[] };
    /** The newest preview of a source: a JPEG of at most 20 KB. */
    latestPreview(address: SourceAddress): Promise<Buffer | undefined>;
    /** The preview of one picture, made from a destination's copy where none was sent. */
    preview(address: SourceAddress, path: string): Promise<Buffer | undefined>;
    /** The original, from the first destination that has it. */
    original(address: SourceAddress, path: string): Promise<Buffer | undefined>;
    command(
      site: string,
      device: string,
      request: Of<typeof commandRequest>,
      by: string,
    ): Promise<Of<typeof commandResult>>;
  };
  destinations(): Of<typeof destination>[];
  reports: {
    list(offset: number, limit: number): { total: number; reports: Of<typeof report>[] };
    get(id: string): Of<typeof report> | undefined;
    create(request: Of<typeof newReport>, by: string): Of<typeof report>;
    cancel(id: string): Of<typeof report>;
    remove(id: string): void;
    /**
     * A new report of the same sides; with `sync` it starts the re-sync when it has completed. Where `full` is not told it lists as much
     * as the one before.
     */
    rerun(id: string, order: { sync: boolean; full?: boolean | undefined }, by: string): Of<typeof report>;
    estimate(id: string): Of<typeof estimate>;
    unmatched(
      id: string,
      filter: { class?: string | undefined; search?: string | undefined; isNew?: boolean | undefined },
      offset: number,
      limit: number,
    ): Of<typeof unmatchedPage>;
    export(id: string, format: ExportFormat): AsyncIterable<string | Uint8Array>;
  };
  certificates: {
    /** The newest day first, and of one day the newest. */
    list(address: SourceAddress, offset: number, limit: number): Promise<Of<typeof certificatePage>>;
    /** The file of one: the newest of the day, or the one of this number. */
    read(
      address: SourceAddress,
      day: string,
      number?: number,
    ): Promise<{ number: number; bytes: AsyncIterable<Uint8Array> }>;
    /** What one does not vouch for: the newest of the day, or the one of this number. */
    remarks(
      address: SourceAddress,
      day: string,
      number: number | undefined,
      offset: number,
      limit: number,
    ): Promise<Of<typeof remarkPage>>;
  };
  jobs: {
    list(): Of<typeof job>[];
    get(id: string): Of<typeof job> | undefined;
    order(id: string, want: 'run' | 'pause' | 'cancel', by: string): Of<typeof job>;
  };
  drills: {
    /** Orders one. `not-found` for a device that is unknown, `conflict` where it is offline or has one under way. */
    start(order: { site: string; device: string; forMs: number }, by: string): Of<typeof drill>;
    /** The newest first. */
    list(chosen: { site?: string | undefined; device?: string | undefined }, limit: number): Of<typeof drillPage>;
    get(id: string): Of<typeof drill> | undefined;
  };
  /** What the hub does by itself, and how long it keeps what comes of it. */
  schedules(): Of<typeof schedules>;
  activity(limit: number): Of<typeof activity>[];
  /** Calls the listener at each change until the returned function is called. */
  live(listener: (event: LiveEvent) => void): () => void;
  /** Is everything that the hub needs there: database, broker? */
  ready(): { ready: boolean; checks: Record<string, boolean> };
  /** Figures in Prometheus' text format. */
  metrics(): string;
};
