/** Where one delivery of an asset stands, as the ledger has it. */
export type Standing = {
  destination: string;
  state: 'pending' | 'sending' | 'verified' | 'failed' | 'withdrawn';
  receipt: 'size' | 'digest' | null;
};

/** `at`: every destination of the source, or at least one of those named. `level`: what a receipt must have compared. */
export type ProofPolicy = { at: 'all' | readonly string[]; level: 'size' | 'digest' };

/** `at` names the destinations that prove it. */
export type Proof = { proved: true; at: string[] } | { proved: false; reason: string };

/**
 * Is an asset safe elsewhere, so that its file here may go? Decided on the ledger alone, which is durable.
 *
 * Only destinations that the source is configured for count: a receipt of one that it no longer delivers to proves nothing, and one that
 * was added later must have the asset as well. An asset of a source without a destination is never proved.
 */
export function proofOf(configured: readonly string[], standings: readonly Standing[], policy: ProofPolicy): Proof {
  if (configured.length === 0) return { proved: false, reason: 'its source has no destination' };
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
