type Listener = (key: string) => void;
const listeners = new Set<Listener>();

/** Calls the listener with each key that the live stream tells of: `site/device`, or `site/device/source`. Returns how to stop. */
export function onTold(listener: Listener): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

export function tell(key: string): void {
  for (const listener of listeners) listener(key);
}

/** Is this address below the device or the source that a live event's key names? */
export function isBelow(url: string, key: string): boolean {
  const [site, device, source] = key.split('/');
  const root = `/devices/${site}/${device}/`;
  return url.includes(source === undefined ? root : `${root}sources/${source}/`);
}
