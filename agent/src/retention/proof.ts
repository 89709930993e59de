/** Where one delivery of an asset stands, as the ledger has it. */
export type Standing = {
  destination: string;
  state: 'pending' | 'sending' | 'verified' | 'failed' | 'withdrawn';
  receipt: 'size' | 'digest' | null;
  /** Its destination's own filter rules it out. */
  isLeftOut?: boolean;
};

/** `at`: every destination of the source, or at least one of those named. `level`: what a receipt must have compared. */
export type ProofPolicy = { at: 'all' | readonly string[]; level: 'size' | 'digest' };

/** `at` names the destinations that prove it. */
export type Proof = { proved: true; at: string[] } | { proved: false; reason: string };

/**
 * Is an asset safe elsewhere, so that its file here may go? Decided on the ledger alone, which is durable.
 *
 * Only destinations that the source is configured for count: a receipt of one that it no longer delivers to proves nothing, and one that
 * was added later must have the asset as well. One whose filter leaves the asset out is not asked. An asset that no destination takes, or of a
 * source without one, is never proved.
 */
export function proofOf(all: readonly string[], standings: readonly Standing[], policy: ProofPolicy): Proof {
  if (all.length === 0) return { proved: false, reason: 'its source has no destination' };
  const leaving = standings.flatMap(({ destination, isLeftOut }) => (isLeftOut ? destination : []));
  const configured = all.filter((name) => !leaving.includes(name));
  if (configured.length === 0) return { proved: false, reason: 'the filters of all its destinations leave it out' };
  if (standings.some(({ state }) => state === 'sending')) return { proved: false, reason: 'it is being sent' };
  const proving = standings.filter(({ state, receipt }) => state === 'verified' && suffices(receipt, policy.level));
  const at = configured.filter((name) => proving.some(({ destination }) => destination === name));
  const lacking = configured.filter((name) => !at.includes(name));
  if (policy.at === 'all') {
    return lacking.length === 0
      ? { proved: true, at }
      : { proved: false, reason: `not proved at ${lacking.join(', ')}` };
  }
  const named = policy.at.filter((name) => at.includes(name));
  return named.length > 0
    ? { proved: true, at }
    : { proved: false, reason: `proved at none of ${policy.at.join(', ')}` };
}

const suffices = (receipt: Standing['receipt'], level: ProofPolicy['level']): boolean =>
  receipt === 'digest' || (receipt === 'size' && level === 'size');
