import type { LinkOptions } from './link.ts';

/** MQTT 5 is 5 on the wire, MQTT 3.1.1 is 4. */
export type WireVersion = 4 | 5;

/** Which version to speak, and whether this broker has refused version 5 in so many words. */
export type VersionChoice = { speak: WireVersion; refused5: boolean };

/** What an attempt told about the version: `silent` is a connection that was closed without an answer to CONNECT. */
export type VersionOutcome = 'accepted' | 'refused' | 'silent' | 'unknown';

export function firstVersion(protocol: LinkOptions['protocol']): VersionChoice {
  return { speak: protocol === '3.1.1' ? 4 : 5, refused5: false };
}

/**
 * The version of the next attempt, and whether that attempt follows at once. A broker that speaks 3.1.1 alone answers
 * a CONNECT of version 5 with return code 1 (aedes, Mosquitto before 1.6) or closes without a word. The first is
 * remembered; after the second 5 is tried first again next time, since a broker that is going down does the same.
 */
export function nextVersion(
  protocol: LinkOptions['protocol'],
  choice: VersionChoice,
  outcome: VersionOutcome,
): { choice: VersionChoice; atOnce: boolean } {
  if (protocol !== 'auto' || outcome === 'unknown') return { choice, atOnce: false };
  if (outcome === 'accepted') return { choice: { ...choice, speak: choice.refused5 ? 4 : 5 }, atOnce: false };
  if (choice.speak === 5) return { choice: { speak: 4, refused5: outcome === 'refused' }, atOnce: true };
  if (outcome === 'silent' && choice.refused5) return { choice, atOnce: false };
  return { choice: { speak: 5, refused5: false }, atOnce: false };
}
