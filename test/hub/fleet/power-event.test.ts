import { pressing } from '@vigie/agent/hub-link/state';
import { eventText } from '@vigie/hub/fleet/event-text';
import { encodeMessage, parseMessage } from '@vigie/shared/link/payload';
import type { DeviceEvent, DeviceState } from '@vigie/shared/protocol/messages';
import { expect, test } from 'vitest';
import { deviceState } from './device-state.ts';

const base = { seq: 1, generation: 'g', at: 0, historical: false };

test.each<[DeviceEvent, string]>([
  [{ ...base, type: 'triggered', source: 'garden', input: 'door' }, 'garden: "door" asked for a picture'],
  [
    { ...base, type: 'power-flags', flags: ['under-voltage-now', 'under-voltage-since-boot'] },
    "the device's supply or heat: under-voltage-now, under-voltage-since-boot",
  ],
  [{ ...base, type: 'power-flags', flags: [] }, "the device's supply and heat are well again"],
])('%o reaches the hub and stands in its activity', (told, text) => {
  const heard = parseMessage('event', Buffer.from(encodeMessage('event', told)));
  expect(heard).toEqual(told);
  expect(eventText(heard)).toBe(text);
});

test('the state tells sensors and power, and says at once when a relay or the supply changes', () => {
  const state = deviceState({
    sensors: [{ name: 'dome', quantity: 'temperature', unit: '°C', value: 4.25, at: 1, error: null }],
    power: {
      flags: [],
      relays: [{ name: 'cameras', sources: ['garden'], powered: true }],
      heaters: [{ name: 'dome', on: false, because: 'warm' }],
      inputs: [{ name: 'door', source: 'garden', lastAt: null }],
      faults: [],
    },
  });
  expect(parseMessage('state', Buffer.from(encodeMessage('state', state)))).toEqual(state);
  const power = state.power as NonNullable<DeviceState['power']>;
  const changed = (part: Partial<typeof power>) =>
    pressing({ ...state, power: { ...power, ...part } }) !== pressing(state);
  expect(changed({ flags: ['under-voltage-now'] })).toBe(true);
  expect(changed({ relays: [{ name: 'cameras', sources: ['garden'], powered: false }] })).toBe(true);
  expect(changed({ faults: [{ name: 'relay cameras', code: 'gpio-busy', message: 'held' }] })).toBe(true);
  expect(changed({ heaters: [{ name: 'dome', on: true, because: 'cold' }] })).toBe(false);
});
