import { PACKET_BYTES_MAX } from './link.ts';
import { PACKET_TOO_LARGE } from './refusal.ts';

/** The most that an MQTT 5 PUBLISH adds to topic and payload: header, lengths, packet id, expiry. */
const OVERHEAD_BYTES = 24;

/** A loss of the connection under a packet below this size says nothing about sizes. */
const LARGE_BYTES = 8 * 1024;

/** Bytes of the PUBLISH packet, at most. */
export function packetBytes(topic: string, payloadBytes: number): number {
  return OVERHEAD_BYTES + Buffer.byteLength(topic) + payloadBytes;
}

/** Does the broker take a packet of this size? `brokerBytesMax` is what it told at connection (MQTT 5), if anything. */
export function fits(bytes: number, brokerBytesMax: number | undefined): boolean {
  return bytes <= Math.min(PACKET_BYTES_MAX, brokerBytesMax ?? PACKET_BYTES_MAX);
}

/**
 * After a loss: was the largest unacknowledged packet too large? MQTT 5 says so. A broker of 3.1.1 just closes, as one
 * does that is stopped: so the second loss in a row under a large packet counts as a no. `losses` is the number
 * of such losses since a large packet was last acknowledged.
 */
export function judgeLoss(
  losses: number,
  largestBytes: number,
  reasonCode: number | undefined,
): { tooLarge: boolean; losses: number } {
  if (reasonCode === PACKET_TOO_LARGE) return { tooLarge: largestBytes > 0, losses: 0 };
  if (largestBytes < LARGE_BYTES) return { tooLarge: false, losses };
  return { tooLarge: losses >= 1, losses: losses + 1 };
}

/** The number of losses under a large packet, after a packet of this size was acknowledged. */
export function lossesAfterAck(losses: number, bytes: number): number {
  return bytes >= LARGE_BYTES ? 0 : losses;
}
