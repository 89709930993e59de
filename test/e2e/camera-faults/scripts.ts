import type { VirtualCamera } from '../../support/virtual-camera/virtual-camera.ts';
import type { FaultySite } from './site.ts';

/** A camera's bad day: how it begins, by what it is seen that the agent has met it, and how it ends. */
export type FaultScript = {
  name: string;
  begin(camera: VirtualCamera, site: FaultySite): Promise<void>;
  /** What the agent tells of it; for a fault that stops nothing, a file that ends in failure. */
  seenAs: RegExp;
  /** False where captures go on, and what they give is found out later. */
  stopsCaptures?: false;
  end(camera: VirtualCamera, site: FaultySite): Promise<void>;
};

const control = (fault: 'hang' | 'absent' | 'fail' | 'full' | 'delay-ms', content?: string) => ({
  begin: (camera: VirtualCamera) => camera.control.set(fault, content),
  end: (camera: VirtualCamera) => camera.control.clear(fault),
});

export const FAULT_SCRIPTS: FaultScript[] = [
  { name: 'it hangs', seenAs: /^camera-timeout$/, ...control('hang') },
  { name: 'it is away', seenAs: /^camera-absent$/, ...control('absent') },
  {
    name: 'it comes back under a new address, as after a power cycle, in the middle of a capture',
    async begin(camera) {
      await camera.control.set('delay-ms', '700');
      await camera.control.set('absent');
    },
    seenAs: /^camera-(absent|crashed|refused|timeout)$/,
    async end(camera) {
      await camera.control.set('address', '7');
      await camera.control.clear('delay-ms');
      await camera.control.clear('absent');
    },
  },
  // libgphoto2 2.5.30 never returns from a refusal, later ones tell it.
  { name: 'it refuses', seenAs: /^camera-(timeout|busy|refused)$/, ...control('fail', '2019') },
  { name: 'its card is full', seenAs: /^card-full$/, ...control('full') },
  {
    name: 'it gives files without a byte',
    begin: (camera) => camera.put(Buffer.alloc(0)),
    seenAs: /^camera-(crashed|refused|timeout|incomplete)$/,
    end: (camera, { picture }) => camera.put(picture),
  },
  {
    name: 'it gives files that are no pictures',
    begin: (camera, { picture }) =>
      camera.put(Buffer.concat([picture.subarray(0, 2_000), Buffer.alloc(5_000, 'wrong')])),
    seenAs: /^unreadable$/,
    stopsCaptures: false,
    end: (camera, { picture }) => camera.put(picture),
  },
  { name: 'it is slower than its time limit', seenAs: /^camera-timeout$/, ...control('delay-ms', '120000') },
];
