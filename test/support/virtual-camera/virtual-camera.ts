import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempFolder } from '../temp.ts';
import { buildVirtualCamera } from './build.ts';

/** A PTP camera, "Nikon DSC D750", that the unmodified libgphoto2 sees on USB when it runs in this environment. */
export type VirtualCamera = VirtualBody & {
  /** Variables for the process that loads libgphoto2; they count for that process alone. */
  environment: { IOLIBS: string; VCAMERADIR: string; VCAMERA_CTL: string };
  /** Puts a second body on the same bus, behind the first. */
  second(): Promise<VirtualBody>;
};

export type VirtualBody = {
  /** The camera's memory: its card. */
  store: string;
  /** The picture that captures return from the next process on, byte for byte. */
  put(jpeg: Uint8Array): Promise<void>;
  /** The RAW file that captures return besides, or instead, where the picture format says so. */
  putRaw(raw: Uint8Array): Promise<void>;
  control: {
    folder: string;
    /** Lets a fault begin (README.md names them); it takes effect at once, also on a process that is using the camera. */
    set(fault: Fault, content?: string): Promise<void>;
    clear(fault: Fault): Promise<void>;
    /** PTP answers to the captures so far, oldest first: `2001` is OK. */
    captures(): Promise<string[]>;
  };
};
export type Fault =
  | 'absent'
  | 'address'
  | 'claimed'
  | 'hang'
  | 'stall-object'
  | 'fail'
  | 'full'
  | 'delay-ms'
  | 'second-ms'
  | 'undeletable'
  | 'stubborn'
  | 'serial'
  | 'product'
  | 'fuji'
  | 'card'
  | 'property-5001'
  | 'property-5004'
  | 'property-500f'
  | 'property-d072'
  | 'property-d0e0'
  | 'property-d310'
  | 'property-d36d';

/** A camera of this test's own, in `folder` or in one that is removed when the test has finished. */
export async function virtualCamera(folder?: string): Promise<VirtualCamera> {
  const iolibs = await buildVirtualCamera();
  const base = folder ?? (await tempFolder());
  const first = await body(join(base, 'store'), join(base, 'control'));
  return {
    ...first,
    environment: { IOLIBS: iolibs, VCAMERADIR: first.store, VCAMERA_CTL: first.control.folder },
    async second() {
      const own = join(first.control.folder, 'second');
      return body(join(own, 'store'), own);
    },
  };
}

async function body(store: string, control: string): Promise<VirtualBody> {
  const pictures = join(store, 'DCIM/100GPHOT');
  await mkdir(pictures, { recursive: true });
  await mkdir(control, { recursive: true });
  const putAs = async (name: string, bytes: Uint8Array) => {
    await writeFile(join(store, 'next'), bytes);
    await rename(join(store, 'next'), join(pictures, name));
  };
  return {
    store,
    put: (jpeg) => putAs('IMG_0001.JPG', jpeg),
    putRaw: (raw) => putAs('IMG_0001.NEF', raw),
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
