import { VigieError } from '@vigie/shared/kit/errors';

/** Why a device does not begin a drill now, or undefined where it may. */
export function drillRefusal(facts: {
  /** The drill that is under way. */
  current: string | undefined;
  /** Re-syncs that are not at their end. */
  openJobs: readonly string[];
  /** Does the disk have room for what a drill keeps back? */
  hasRoom: boolean;
}): VigieError | undefined {
  if (facts.current !== undefined) {
    return new VigieError('conflict', `drill: "${facts.current}" is under way; one at a time is allowed`);
  }
  const [job] = facts.openJobs;
  if (job !== undefined) {
    const hint = 'Let it end, or cancel it.';
    return new VigieError('conflict', `drill: the re-sync "${job}" is under way; none should be`, { hint });
  }
  if (!facts.hasRoom) {
    const hint = 'What is taken during a drill has to be kept until its end.';
    return new VigieError('disk-full', 'drill: the disk is nearly full; there should be room', { hint });
  }
  return undefined;
}
