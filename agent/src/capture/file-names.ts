/**
 * Names in input for the files of one capture: one stem for all of them, so that RAW and JPEG stay together, and a suffix where a
 * file of that name still waits to be filed. Two files of one kind are told apart by a suffix too.
 */
export function namesFor(stem: string, extensions: readonly string[], isWaiting: (name: string) => boolean): string[] {
  for (let n = 0; ; n++) {
    const base = n === 0 ? stem : `${stem}_${n}`;
    const names = extensions.map((extension, index) => {
      const earlier = extensions.slice(0, index).filter((other) => other === extension).length;
      return `${earlier === 0 ? base : `${base}-${earlier + 1}`}.${extension}`;
    });
    // A thousand of one second is no camera: the watched folder finds a name then.
    if (n >= ATTEMPTS_MAX || !names.some(isWaiting)) return names;
  }
}

const ATTEMPTS_MAX = 1_000;
