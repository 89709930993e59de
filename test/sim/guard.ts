import { createGate } from '@vigie/agent/deliver/limits/gate';
import type { Limits } from '@vigie/agent/deliver/limits/limits-config';
import { stamp } from '@vigie/shared/kit/zone';
import type { RemoteFolder } from '@vigie/shared/remote/remote-folder';
import { SIZE_MAX } from './picture.ts';
import type { Life } from './time.ts';

/** What one device has sent, by destination and calendar month of its clock. It outlasts the lives of its program. */
export type Meter = {
  sent: Map<string, number>;
  /** Power cuts and settings of the clock: each may leave uncounted what was under way. */
  disturbances: number;
};
export const newMeter = (): Meter => ({ sent: new Map(), disturbances: 0 });

/** So long after its claim a delivery may reach its destination. */
const ON_ITS_WAY_MS = 60_000;

/** A destination that finds out what a device may not do: deliver in hours that its limits do not allow, or in a drill, or above its budget. */
export function guarded(
  remote: RemoteFolder,
  options: {
    destination: string;
    source: string;
    limits: Limits;
    life: Life;
    meter: Meter;
    /** Transfers at once. */
    workers: number;
    /** Is it one of those that wait for the hours of the rest? */
    isThinned: (localPath: string) => boolean;
    isDrilled: () => boolean;
    fault: (message: string) => void;
  },
): RemoteFolder {
  const { destination, source, limits, life, meter, workers, isThinned, isDrilled, fault } = options;
  const { clock } = life;
  const gate = createGate(limits, 'UTC');

  function checkHours(localPath: string): void {
    const mayGo = (at: number) => !gate.heldUntil({ source, kind: 'jpg' }, isThinned(localPath), at);
    const now = clock.now();
    if (mayGo(now) || mayGo(now - ON_ITS_WAY_MS)) return;
    fault(`${destination}: ${localPath} sets out at ${stamp(now, 'UTC')}, where its limits hold it back`);
  }

  function count(bytes: number): void {
    const key = `${destination} ${stamp(clock.now(), 'UTC').slice(0, 6)}`;
    const sent = (meter.sent.get(key) ?? 0) + bytes;
    meter.sent.set(key, sent);
    const allowed = (limits.monthly ?? Number.POSITIVE_INFINITY) + meter.disturbances * workers * SIZE_MAX;
    if (sent > allowed) fault(`${key}: ${sent} bytes were sent, where ${allowed} are allowed`);
  }

  return {
    ...remote,
    get capabilities() {
      return remote.capabilities;
    },
    store(upload, signal) {
      if (isDrilled()) fault(`${destination}: ${upload.path} is sent in an outage drill`);
      checkHours(upload.localPath);
      return remote.store(
        {
          ...upload,
          onBytes(bytes) {
            if (life.isOver) return;
            if (isDrilled()) fault(`${destination}: bytes of ${upload.path} are sent in an outage drill`);
            count(bytes);
            upload.onBytes?.(bytes);
          },
        },
        signal,
      );
    },
  };
}
