import { reportFilter } from '@vigie/hub/report/filter';
import { createCertifiedDays } from '@vigie/hub/store/certified-days';
import { createDevices } from '@vigie/hub/store/devices';
import { createInventories } from '@vigie/hub/store/inventories';
import { createReportStore } from '@vigie/hub/store/reports';
import { openStore } from '@vigie/hub/store/store';
import type { Entry } from '@vigie/shared/protocol/asset';
import { noFigures, type Unmatched } from '@vigie/shared/protocol/report';
import { onTestFinished } from 'vitest';
import { createSteppedClock } from '../../support/stepped-clock.ts';
import { tempFolder } from '../../support/temp.ts';
import { deviceState, sourceState } from '../fleet/device-state.ts';

export const NAME = { site: 'main', device: 'cam-1', source: 'garden' };
const LEFT = { type: 'source', ...NAME };
export const DAY = '20240229';
export const HOUR_MS = 3_600_000;

/** An asset of the day whose digest is made of its number. */
export const asset = (number: number, fields: Partial<Entry> = {}): Entry => ({
  path: `${DAY}/${DAY}${String(number).padStart(6, '0')}.jpg`,
  size: 1000 + number,
  sha256: number.toString(16).padStart(64, '0'),
  ...fields,
});

/** A hub's database with one source that delivers to `archive`, at noon of the day after the day, by a clock that the test moves. */
export async function certifiedSource(folder?: string) {
  const dataFolder = folder ?? (await tempFolder());
  const clock = createSteppedClock(Date.UTC(2024, 2, 1, 12));
  const store = openStore(dataFolder);
  onTestFinished(() => store[Symbol.dispose]());
  const devices = createDevices(store, clock);
  const inventories = createInventories(store, clock);
  const reports = createReportStore(store, clock);
  const row = inventories.open(NAME, 'g');
  devices.status(NAME, { state: 'ready', session: 1, generation: 'g', version: '1', at: 1, ackedSeq: 0 }, true);
  devices.state(NAME, deviceState({ sources: [sourceState()] }), true);
  const covers = (filter: string) => reportFilter(JSON.parse(filter));
  let seq = 0;
  return {
    dataFolder,
    clock,
    store,
    inventories,
    devices,
    reports,
    row,
    books: { days: createCertifiedDays(store), devices, inventories, covers },
    takes: (...entries: Entry[]) => {
      for (const e of entries) inventories.change(row, e, ++seq, 1);
    },
    loses: (entry: Entry) => inventories.change(row, entry, ++seq, -1),
    /** The device tells the day's folder whole. */
    tellsAgain: (...entries: Entry[]) => inventories.replace(row, [DAY], entries, ++seq),
    /** The device confirms now what is known. */
    agrees() {
      inventories.reconciled(row, seq, true);
      inventories.confirmed(row, clock.now());
    },
    /** A moment passes; a report is made, and completes with these entries unmatched. */
    async report(
      unmatched: Partial<Unmatched>[] = [],
      filter: object = {},
      destination = 'archive',
      keptDays: string[] = [],
    ): Promise<string> {
      clock.take(2);
      const right = { type: 'destination', destination, ...NAME };
      const { id } = reports.create({
        ...{ left: JSON.stringify(LEFT), right: JSON.stringify(right), filter: JSON.stringify(filter) },
        ...{ proof: 'size', by: 'test', trigger: 'person', sync: false },
      });
      await complete(id, unmatched, keptDays);
      return id;
    },
  };

  async function complete(id: string, unmatched: Partial<Unmatched>[], keptDays: string[]): Promise<void> {
    const figures = noFigures();
    figures.matched.count = 1;
    const usual = { class: 'missing', path: '', sourceSize: 1, destinationSize: null, cause: 'queued', action: 'wait' };
    await reports.complete(id, {
      ...{ figures, matchedByDigest: 0, mendable: { count: 0, bytes: 0 }, asOf: null, entries: 1 },
      unmatched: unmatched.map((entry) => ({ ...(usual as Unmatched), ...entry })),
      since: { previous: null, isNew: () => false },
      listing: null,
      keptDays,
    });
  }
}
