import type { DeviceState } from '@vigie/shared/protocol/messages';

type SourceState = DeviceState['sources'][number];

const NONE = { count: 0, bytes: 0 };

/** What a device tells of itself that is well and has no source. */
export const deviceState = (fields: Partial<DeviceState> = {}): DeviceState => ({
  ...{ at: 0, session: 1, version: '1', uptimeS: 1, residentBytes: 1, clockTrusted: true, outbox: 0 },
  ...{ disk: { freeBytes: 1, totalBytes: 2 }, sources: [] },
  ...fields,
});

/** The source `garden`, which is well and has delivered what it holds to `archive`, but for so many files of one byte. */
export const sourceState = (fields: Partial<SourceState> = {}, backlog = 0): SourceState => ({
  ...{ name: 'garden', camera: 'test', zone: 'UTC', capturing: false, everyMs: null, cron: null },
  ...{ lastCaptureAt: null, nextCaptureAt: null, lastFailure: null, waiting: 0, failures: 0 },
  ...{ generation: 'g', seq: 1, held: { count: 1, bytes: 1 }, storage: 'present' },
  destinations: [
    {
      ...{ name: 'archive', state: 'idle', backlog: { count: backlog, bytes: backlog }, oldestAt: null },
      ...{ verified: NONE, lastDeliveryAt: null, error: null },
    },
  ],
  ...fields,
});
