import type { DeviceAddress } from '@vigie/shared/protocol/topics';
import type { Rates } from '../store/rates.ts';

/** A device and one of its destinations: a link of its own. */
export type RatedPlace = DeviceAddress & { destination: string };

/** How fast each device has lately delivered to each of its destinations, for estimates. */
export type RateMeter = {
  /** By its last word something more waits there: the time between two deliveries is the link's, and not the schedule's. */
  busy(place: RatedPlace, isBusy: boolean): void;
  /** An asset of so many bytes was delivered at `at`, in ms by the device's clock. */
  delivered(place: RatedPlace, bytes: number, at: number): void;
  /** Bytes a second, at most what re-syncs may take; null where nothing was seen, and nothing limits it. */
  rate(place: RatedPlace): number | null;
};

/** What was delivered in a shorter time says more of several files at once than of the link. */
const SPAN_MS = 2_000;
/** Two deliveries further apart say nothing of the speed between them: a large file over a slow link takes minutes. */
const GAP_MAX_MS = 600_000;
const WEIGHT = 0.3;
/** A rate that changes by less is not written again. */
const KEPT_CHANGE = 0.05;

export function createRateMeter({ kept, bandwidth }: { kept: Rates; bandwidth?: number | undefined }): RateMeter {
  const keyOf = ({ site, device, destination }: RatedPlace) => `${site}/${device}/${destination}`;
  const places = new Map<string, { isBusy: boolean; span: { from: number; bytes: number } | undefined }>();
  const rates = new Map<string, { now: number; kept: number }>();

  function learn(place: RatedPlace, sample: number): void {
    const key = keyOf(place);
    const before = rates.get(key) ?? known(place);
    const now = before === undefined ? sample : (1 - WEIGHT) * before.now + WEIGHT * sample;
    const isOther = before === undefined || Math.abs(now - before.kept) > KEPT_CHANGE * before.kept;
    if (isOther) kept.keep(place, now);
    rates.set(key, { now, kept: isOther ? now : before.kept });
  }
  function known(place: RatedPlace): { now: number; kept: number } | undefined {
    const rate = kept.find(place);
    return rate === undefined ? undefined : { now: rate, kept: rate };
  }

  return {
    busy(place, isBusy) {
      const key = keyOf(place);
      const seen = places.get(key);
      if (seen) seen.isBusy = isBusy;
      else places.set(key, { isBusy, span: undefined });
    },
    delivered(place, bytes, at) {
      const seen = places.get(keyOf(place));
      if (!seen) return;
      const { span, isBusy } = seen;
      const spanMs = span === undefined ? undefined : at - span.from;
      if (!isBusy || span === undefined || spanMs === undefined || spanMs < 0 || spanMs > GAP_MAX_MS) {
        seen.span = { from: at, bytes: 0 };
        return;
      }
      span.bytes += bytes;
      if (spanMs < SPAN_MS) return;
      if (span.bytes > 0) learn(place, (span.bytes * 1000) / spanMs);
      seen.span = { from: at, bytes: 0 };
    },
    rate(place) {
      const seen = (rates.get(keyOf(place)) ?? known(place))?.now;
      if (seen === undefined) return bandwidth ?? null;
      return bandwidth === undefined ? seen : Math.min(seen, bandwidth);
    },
  };
}
