import { createPurges } from '@vigie/agent/store/purges';
import type { Deed, Known } from './deeds.ts';
import type { SimDestination } from './destination.ts';
import { SOURCE } from './device.ts';
import { withPower } from './power.ts';
import type { Dice } from './scene.ts';
import type { SimDevice, Site } from './site.ts';
import { pathAt, type Truth } from './truth.ts';

/** What is taken away in a history: by a person from a destination, and by a device from itself, with weights. */
export function createMeddling(
  site: Site,
  truth: Truth,
  known: Known,
  dice: Dice,
  compare: (device: SimDevice, destination: string, proof: 'size' | 'digest') => void,
): { deeds: Deed[]; tamper: (device: SimDevice, at: SimDestination) => string | undefined } {
  const { destinations, trace, scene } = site;
  const { one, chance } = dice;

  /** Somebody takes away a picture that the device still has, or changes its bytes; answers its path there. */
  function tamper(device: SimDevice, at: SimDestination): string | undefined {
    const there = device.taken.filter((p) => at.files.get(pathAt(device, p))?.isFlushed && !isPurged(device, p.path));
    if (there.length === 0) return undefined;
    const path = pathAt(device, one(there));
    known.meddled = true;
    truth.tampered.add(`${at.name}:${path}`);
    at.tamper(path, one(['remove', 'rot']));
    trace('tampered', path);
    return path;
  }

  const deeds: Deed[] = [
    [
      4,
      'tampering',
      (device) => {
        const at = one(destinations);
        if (tamper(device, at) !== undefined) compare(device, at.name, 'size');
      },
    ],
    [
      3,
      'purge',
      (device) => {
        const { agent, disk, address } = device;
        if (!agent || agent.life.isOver) return;
        withPower(() => {
          const purges = createPurges({ ledger: agent.ledger, assetsOf: () => agent.assets });
          for (const { path } of device.taken.filter(() => chance(0.2))) {
            const asset = purges.at(SOURCE, path);
            const isProved =
              asset?.standings.length === destinations.length && asset.standings.every((s) => s.state === 'verified');
            if (!asset || !isProved || destinations.some((at) => truth.isTampered(at, pathAt(device, { path }))))
              continue;
            const { size, modifiedAt, capturedAt } = asset;
            const candidate = { asset, isWhole: true, names: [`result/${path}`], size, modifiedAt, agedAt: capturedAt };
            const begun = purges.begin([candidate], { mayGo: () => scene.destinations, reason: 'simulated', at: 1 });
            disk.files.delete(`/result/${path}`);
            purges.end(
              begun.map(({ id }) => id),
              1,
            );
            trace(`${address.device} purges`, path);
          }
        });
      },
    ],
  ];
  return { deeds, tamper };
}

const isPurged = ({ agent }: SimDevice, path: string): boolean =>
  !agent || agent.life.isOver || agent.assets.find(path) === undefined;
