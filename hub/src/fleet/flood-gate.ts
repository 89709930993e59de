import { createAllowance } from '@vigie/shared/kit/allowance';
import type { Clock } from '@vigie/shared/kit/clock';
import type { Log } from '@vigie/shared/kit/log';
import { type DeviceAddress, parseTopic } from '@vigie/shared/protocol/topics';
import type { Activities } from '../store/activities.ts';
import type { Intake } from './intake.ts';

/** Far above what a device has to say: its state each 10 s, a preview a capture, the chunks of a large inventory at once. */
const LIMITS = { perSecond: 100, burst: 3000 };
/** A device that has kept to its allowance for so long floods no more. */
const CALM_MS = 60_000;

const ALWAYS: ReadonlySet<string> = new Set(['event', 'status']);

type Flood = { dropped: number; lastAt: number };

/**
 * Keeps one device that floods from taking the hub from all the others: what is above its allowance is dropped unread. Nothing is
 * lost by that: state and inventories are told again, and so is progress once the flood is over. Events, which the hub's own acknowledgements pace, always pass, and so do
 * births and wills, which are told once a connection: without its birth a device would stay lost for the hub.
 */
export function createFloodGate(options: {
  intake: Intake;
  activities: Pick<Activities, 'add'>;
  /** It floods no more: the end of a re-sync may be among what was dropped, and has to be asked for. */
  calmed: (address: DeviceAddress) => void;
  clock: Clock;
  log: Log;
  limits?: typeof LIMITS;
}): Intake {
  const { intake, activities, clock, log, limits = LIMITS } = options;
  /** By the device's name, which is its user at the broker; a site is only what it says. */
  const allowances = new Map<string, () => boolean>();
  const floods = new Map<string, Flood>();

  function mayPass(device: string): boolean {
    const allowed = allowances.get(device) ?? createAllowance(limits, clock);
    allowances.set(device, allowed);
    return allowed();
  }

  function dropped(address: DeviceAddress): void {
    const flood = floods.get(address.device);
    if (flood) {
      flood.dropped += 1;
      flood.lastAt = clock.monotonic();
      return;
    }
    floods.set(address.device, { dropped: 1, lastAt: clock.monotonic() });
    const rate = `more than ${limits.perSecond} messages a second`;
    activities.add('device-floods', `${labelOf(address)} sends ${rate}; what is above is dropped`, address);
    log.warn({ ...address }, 'a device floods: what is above its allowance is dropped');
  }

  function calm(address: DeviceAddress): void {
    const flood = floods.get(address.device);
    if (!flood || clock.monotonic() - flood.lastAt < CALM_MS) return;
    floods.delete(address.device);
    activities.add(
      'device-calm',
      `${labelOf(address)} floods no more; ${flood.dropped} messages were dropped`,
      address,
    );
    options.calmed(address);
  }

  return async (topic, payload, retained) => {
    const about = parseTopic(topic);
    if (!about || ALWAYS.has(about.family)) return intake(topic, payload, retained);
    const address = { site: about.site, device: about.device };
    if (!mayPass(address.device)) return dropped(address);
    calm(address);
    return intake(topic, payload, retained);
  };
}

const labelOf = ({ site, device }: DeviceAddress): string => `${site}/${device}`;
