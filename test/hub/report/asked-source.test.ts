import { createSideOpener } from '@vigie/hub/report/open-side';
import { createDevices } from '@vigie/hub/store/devices';
import { createInventories } from '@vigie/hub/store/inventories';
import { createSlotDays } from '@vigie/hub/store/slot-days';
import { openStore } from '@vigie/hub/store/store';
import { expect, onTestFinished, test } from 'vitest';
import { handClock } from '../../support/ledger.ts';
import { tempFolder } from '../../support/temp.ts';
import { deviceState, sourceState } from '../fleet/device-state.ts';

const NAME = { site: 'main', device: 'cam-1', source: 'garden' };

/** A source side whose device answers so. */
async function asked(answer: object) {
  const store = openStore(await tempFolder());
  onTestFinished(() => store[Symbol.dispose]());
  const clock = handClock();
  const devices = createDevices(store, clock);
  const inventories = createInventories(store, clock);
  const row = inventories.open(NAME, 'g');
  inventories.reconciled(row, 0, true);
  devices.status(NAME, { state: 'ready', session: 1, generation: 'g', version: '1', at: 1, ackedSeq: 0 }, true);
  devices.state(NAME, deviceState({ sources: [sourceState()] }), true);
  const slotDays = createSlotDays(store);
  const source = { name: 'garden', generation: 'g', seq: 0, storage: 'present', ...answer };
  const { open } = createSideOpener({
    ...{ devices, inventories, destinations: [], openRemote: () => undefined as never, slotDays, clock },
    commander: { send: async () => ({ id: '1', status: 'ok', at: 1, data: { sources: [source] } }) } as never,
    reconcile: () => undefined,
  });
  return { row, slotDays, open: () => open({ type: 'source', ...NAME }, {}, new AbortController().signal) };
}

test('no report is made of a source whose ledger began anew and does not have all of its files yet', async () => {
  const { open } = await asked({ storage: 'absent', rebuilding: true });
  await expect(open()).rejects.toMatchObject({
    code: 'not-reconciled',
    retryable: true,
    message: expect.stringContaining("its device's ledger began anew"),
  });
  const unmounted = await asked({ storage: 'absent', rebuilding: false });
  await expect(unmounted.open()).rejects.toMatchObject({ code: 'storage-absent' });
});

test('what the device tells of its slots when it is asked is kept by day', async () => {
  const none = { delivered: 0, captured: 0, unreadable: 0, failed: 0, off: 0, excluded: 0 };
  const day = { day: '20261101', ...none, delivered: 140, off: 4 };
  const { open, slotDays, row } = await asked({ slots: [day, { day: '20261102', ...none }] });
  await open();
  expect(slotDays.of(row, '20261101')).toEqual(day);
  // A day of which the device's ledger has no slot says nothing.
  expect(slotDays.of(row, '20261102')).toBeUndefined();
});
