import { createFaults } from './faults.ts';
import { createMeddling } from './meddling.ts';
import { createOrders } from './orders.ts';
import type { Dice } from './scene.ts';
import type { SimDevice, Site } from './site.ts';
import type { Truth } from './truth.ts';

/** One thing that happens in a history; the weights say how often. */
export type Deed = [weight: number, name: string, act: (device: SimDevice) => void];

/** `meddled`: a person has taken something away. `watchMs`: so long the site is watched after a deed, without a leap of time. */
export type Known = { meddled: boolean; ordered: number; commands: number; watchMs: number };

export type Deeds = ReturnType<typeof createDeeds>;

/** What happens in a history besides pictures: faults, and people. */
export function createDeeds(site: Site, truth: Truth, dice: Dice) {
  const known: Known = { meddled: false, ordered: 0, commands: 0, watchMs: 0 };
  const { deeds: faults, reject, setClock } = createFaults(site, truth, dice);
  const { deeds: orders, compare } = createOrders(site, known, dice);
  const { deeds: meddling, tamper } = createMeddling(site, truth, known, dice, compare);
  const deeds = [...faults, ...orders, ...meddling];
  const weights = deeds.reduce((sum, [weight]) => sum + weight, 0);

  return {
    known,
    setClock,
    reject,
    tamper,
    /** One thing happens. */
    one(): void {
      const device = dice.one(site.devices);
      let left = dice.random() * weights;
      for (const [weight, name, act] of deeds) {
        left -= weight;
        if (left > 0) continue;
        site.trace('deed', name);
        act(device);
        return;
      }
    },
  };
}
