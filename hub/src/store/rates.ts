import { and, eq } from 'drizzle-orm';
import type { RatedPlace } from '../resync/rate-meter.ts';
import { deliveryRate } from './schema.ts';
import type { Store } from './store.ts';

/** How fast each device delivers to each destination, in bytes a second, over the hub's restarts. */
export type Rates = {
  find(place: RatedPlace): number | undefined;
  keep(place: RatedPlace, bytesPerSecond: number): void;
};

export function createRates({ database }: Store): Rates {
  const at = ({ site, device, destination }: RatedPlace) =>
    and(eq(deliveryRate.site, site), eq(deliveryRate.device, device), eq(deliveryRate.destination, destination));
  return {
    find: (place) => database.select().from(deliveryRate).where(at(place)).get()?.bytesPerSecond,
    keep({ site, device, destination }, bytesPerSecond) {
      database
        .insert(deliveryRate)
        .values({ site, device, destination, bytesPerSecond })
        .onConflictDoUpdate({
          target: [deliveryRate.site, deliveryRate.device, deliveryRate.destination],
          set: { bytesPerSecond },
        })
        .run();
    },
  };
}
