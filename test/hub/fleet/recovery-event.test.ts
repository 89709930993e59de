import { eventText } from '@vigie/hub/fleet/event-text';
import { encodeMessage, parseMessage } from '@vigie/shared/link/payload';
import { type DeviceEvent, RECOVERY_OUTCOMES, RECOVERY_RUNGS } from '@vigie/shared/protocol/messages';
import { expect, test } from 'vitest';

test('every rung of the recovery ladder, with every outcome, reaches the hub and stands in its activity', () => {
  for (const rung of RECOVERY_RUNGS) {
    for (const outcome of RECOVERY_OUTCOMES) {
      const told: DeviceEvent = {
        ...{ seq: 1, generation: 'g', at: 0, historical: false },
        ...{ type: 'camera-recovery', source: 'garden', rung, outcome, message: 'there is a picture again' },
      };
      const heard = parseMessage('event', Buffer.from(encodeMessage('event', told)));
      expect(heard).toEqual(told);
      expect(eventText(heard)).toBe('garden: there is a picture again');
    }
  }
});
