import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempFolder } from '../temp.ts';
import { buildVirtualCamera } from './build.ts';

/** A PTP camera, "Nikon DSC D750", that the unmodified libgphoto2 sees on USB when it runs in this environment. */
export type VirtualCamera = {
  /** Variables for the process that loads libgphoto2; they count for that process alone. */
  environment: { IOLIBS: string; VCAMERADIR: string; VCAMERA_CTL: string };
  /** The camera's memory. */
  store: string;
  /** The picture that captures return from the next process on, byte for byte. */
  put(jpeg: Uint8Array): Promise<void>;
  control: {
    folder: string;
    /** Lets a fault begin (README.md names them); it takes effect at once, also on a process that is using the camera. */
    set(fault: Fault, content?: string): Promise<void>;
    clear(fault: Fault): Promise<void>;
    /** PTP answers to the captures so far, oldest first: `2001` is OK. */
    captures(): Promise<string[]>;
  };
};
export type Fault = 'absent' | 'address' | 'hang' | 'fail' | 'full' | 'delay-ms';

/** A camera of this test's own, in `folder` or in one that is removed when the test has finished. */
export async function virtualCamera(folder?: string): Promise<VirtualCamera> {
  const iolibs = await buildVirtualCamera();
  const base = folder ?? (await tempFolder());
  const store = join(base, 'store');
  const control = join(base, 'control');
  const pictures = join(store, 'DCIM/100GPHOT');
  await mkdir(pictures, { recursive: true });
  await mkdir(control, { recursive: true });

  return {
    environment: { IOLIBS: iolibs, VCAMERADIR: store, VCAMERA_CTL: control },
    store,
    async put(jpeg) {
      await writeFile(join(store, 'next'), jpeg);
      await rename(join(store, 'next'), join(pictures, 'IMG_0001.JPG'));
    },
    control: {
      folder: control,
      set: (fault, content = '') => writeFile(join(control, fault), content),
      clear: (fault) => rm(join(control, fault), { force: true }),
      async captures() {
        const text = await readFile(join(control, 'captures'), 'utf8').catch((error: NodeJS.ErrnoException) => {
          if (error.code === 'ENOENT') return ''; // Nothing was captured yet.
          throw error;
        });
        return text.split('\n').flatMap((line) => line.split(' ')[1] ?? []);
      },
    },
  };
}
