/**
 * Names that are left alone, whatever the lists say: files that somebody is still writing, and what desktops leave behind.
 * `ignore: false` takes them too, but for this engine's own files.
 */
export function isIgnored(name: string, ignore: boolean): boolean {
  const lower = name.toLowerCase();
  if (lower.startsWith('.vigie')) return true;
  return (
    ignore &&
    (lower.startsWith('.') ||
      lower.endsWith('.part') ||
      lower.endsWith('.tmp') ||
      lower === 'thumbs.db' ||
      lower === 'desktop.ini')
  );
}
