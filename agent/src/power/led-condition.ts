import type { LedCondition } from '@vigie/hardware/power/status-led';
import type { SourceState } from '@vigie/shared/protocol/messages';

/** What the light shows: the most pressing of what holds. A source has a problem while its last attempt failed, or its folder is absent. */
export function ledCondition(
  sources: Pick<SourceState, 'capturing' | 'lastCaptureAt' | 'lastFailure' | 'storage' | 'rebuilding'>[],
  connected: boolean,
): LedCondition {
  if (sources.some((s) => s.capturing)) return 'capturing';
  const failing = (s: (typeof sources)[number]) =>
    (s.storage === 'absent' && !s.rebuilding) || (s.lastFailure !== null && s.lastFailure.at > (s.lastCaptureAt ?? 0));
  if (sources.some(failing)) return 'problem';
  return connected ? 'well' : 'offline';
}
