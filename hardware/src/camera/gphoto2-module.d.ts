/** The part of the npm package gphoto2 0.3.2 that is used; it ships no types. */
declare module 'gphoto2' {
  export type GphotoCamera = {
    model: string;
    port: string;
    /** Takes a picture and writes it to `targetPath`, which must end in XXXXXX. Errors are libgphoto2's numbers. */
    takePicture(
      options: { targetPath: string; keep: boolean },
      done: (error: number | undefined, path: string) => void,
    ): void;
  };
  const gphoto2: {
    GPhoto2: new () => { list(done: (cameras: GphotoCamera[]) => void): void };
  };
  export default gphoto2;
}
