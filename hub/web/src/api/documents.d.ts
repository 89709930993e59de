import type * as schema from '@vigie/hub/http/schema';

/** The API's documents, from the hub's own schemas. Types only: nothing of the hub is in the bundle. */
type Of<
  S extends {
    _zod: {
      output: unknown;
    };
  },
> = S['_zod']['output'];
export type Session = Of<typeof schema.session>;
export type User = Of<typeof schema.user>;
export type Role = schema.Role;
export type SetupRequest = Of<typeof schema.setupRequest>;
export type NewUser = Of<typeof schema.newUser>;
export type Device = Of<typeof schema.device>;
export type DeviceState = NonNullable<Device['state']>;
export type SourceState = DeviceState['sources'][number];
export type DestinationState = SourceState['destinations'][number];
export type KnownSource = Device['sources'][number];
export type Day = Of<typeof schema.day>;
export type Picture = Of<typeof schema.picture>;
export type PicturePage = {
  total: number;
  pictures: Picture[];
};
export type Side = schema.Side;
export type Kind = Picture['kind'];
export type ReportFilter = Of<typeof schema.reportFilter>;
export type NewReport = Of<typeof schema.newReport>;
export type Report = Of<typeof schema.report>;
export type ReportPage = {
  total: number;
  reports: Report[];
};
export type Totals = Report['source'];
export type Amount = Report['mendable'];
export type Job = Of<typeof schema.job>;
export type UnmatchedEntry = Of<typeof schema.unmatchedEntry>;
export type UnmatchedClass = UnmatchedEntry['class'];
export type UnmatchedPage = Of<typeof schema.unmatchedPage>;
export type Estimate = Of<typeof schema.estimate>;
export type Destination = Of<typeof schema.destination>;
export type CommandRequest = Of<typeof schema.commandRequest>;
export type CommandResult = Of<typeof schema.commandResult>;
export type Activity = Of<typeof schema.activity>;
export type LiveEvent = schema.LiveEvent;
export type SourceAddress = {
  site: string;
  device: string;
  source: string;
};
