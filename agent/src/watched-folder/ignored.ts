/**
 * Names that are never candidates, whatever the lists say: files that somebody is still writing, and what desktops
 * leave behind. Hidden files are among them, so that this engine's own files in the root need no further rule.
 */
export function isIgnored(name: string): boolean {
  const lower = name.toLowerCase();
  return (
    lower.startsWith('.') ||
    lower.endsWith('.part') ||
    lower.endsWith('.tmp') ||
    lower === 'thumbs.db' ||
    lower === 'desktop.ini'
  );
}
