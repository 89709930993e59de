import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createSideOpener } from '@vigie/hub/report/open-side';
import { createReportRunner } from '@vigie/hub/report/runner';
import { shapeOf } from '@vigie/hub/report/shape';
import { createBucketShapes } from '@vigie/hub/store/bucket-shapes';
import { createDevices } from '@vigie/hub/store/devices';
import { createInventories } from '@vigie/hub/store/inventories';
import { createListings } from '@vigie/hub/store/listings';
import { createReportHistory } from '@vigie/hub/store/report-history';
import { createReportStore } from '@vigie/hub/store/reports';
import { openStore } from '@vigie/hub/store/store';
import { silentLog } from '@vigie/shared/kit/log';
import type { Entry } from '@vigie/shared/protocol/asset';
import type { DestinationFilter } from '@vigie/shared/protocol/destination-filter';
import type { DestinationConfig } from '@vigie/shared/remote/destination-config';
import { openRemote } from '@vigie/shared/remote/open';
import { createSteppedClock } from '../../support/stepped-clock.ts';
import { deviceState, sourceState } from '../fleet/device-state.ts';

const NAME = { site: 'main', device: 'cam-1', source: 'garden' };
const LEFT = JSON.stringify({ type: 'source', ...NAME });
/** Where a source's folder lies below a destination's root. */
export const FOLDER = 'garden';
/** Long before every clock of a test: folders of this age are settled. */
export const OLD = new Date(Date.UTC(2020, 0, 1));
const DAY_MS = 86_400_000;
const REPORT_LIMIT_MS = 120_000;

/** Day folders with files, whose times of change are old; returns what lies there, as the source tells it. */
export function layDays(root: string, days: number, filesADay: number): Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; at < days; at++) {
    const day = new Date(Date.UTC(2024, 0, 1) + at * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '');
    const folder = `${root}/${FOLDER}/${day}`;
    mkdirSync(folder, { recursive: true });
    for (let file = 0; file < filesADay; file++) {
      const path = `${day}/${day}${String(file).padStart(6, '0')}.${file % 2 ? 'jpg' : 'cr2'}`;
      writeFileSync(`${root}/${FOLDER}/${path}`, 'x'.repeat(file % 7));
      entries.push({ path, size: file % 7 });
    }
    utimesSync(folder, OLD, OLD);
  }
  return entries;
}

/** A hub's database and reports of one source and one destination, by a clock that the test moves. */
export function listedPair(dataFolder: string, config: DestinationConfig, now = Date.UTC(2030, 0, 1)) {
  const clock = createSteppedClock(now);
  const store = openStore(dataFolder);
  const devices = createDevices(store, clock);
  const inventories = createInventories(store, clock);
  const reports = createReportStore(store, clock);
  const row = inventories.open(NAME, 'g');
  devices.status(NAME, { state: 'ready', session: 1, generation: 'g', version: '1', at: 1, ackedSeq: 0 }, true);
  devices.state(NAME, deviceState({ sources: [sourceState()] }), true);
  const stopping = new AbortController();

  const runnerWith = (isKept: boolean, completed: () => void) =>
    createReportRunner({
      reports,
      history: createReportHistory(store),
      sides: createSideOpener({
        ...{ devices, inventories, destinations: [config], openRemote, clock },
        commander: { send: async () => ({ id: '1', status: 'error', at: 1 }) } as never,
        reconcile: () => undefined,
        ...(isKept && {
          kept: {
            listings: createListings(store),
            shapes: createBucketShapes(store, shapeOf),
            fullEveryMs: 7 * DAY_MS,
          },
        }),
      }),
      isMendable: () => false,
      changed: () => undefined,
      completed,
      ...{ clock, log: silentLog },
    });

  async function report(values: { full?: boolean; filter?: object; isKept?: boolean } = {}) {
    const { full = false, filter = {}, isKept = true } = values;
    const right = JSON.stringify({ type: 'destination', destination: config.name, ...NAME });
    const made = { left: LEFT, right, filter: JSON.stringify(filter), by: 'test', full };
    const { id } = reports.create({ ...made, trigger: 'person', sync: false });
    const ended = new AbortController();
    const until = AbortSignal.any([ended.signal, stopping.signal, AbortSignal.timeout(REPORT_LIMIT_MS)]);
    await runnerWith(isKept, () => ended.abort()).run(until);
    const found = reports.find(id);
    if (found?.state !== 'completed') throw new Error(`the report ${found?.state}: ${found?.error}`);
    return {
      figures: JSON.parse(found.figures ?? 'null'),
      listing: JSON.parse(found.listing ?? 'null'),
      taken: JSON.parse(found.taken ?? 'null'),
      unmatched: [...reports.allUnmatched(id)].map(({ class: kind, path }) => `${kind} ${path}`),
    };
  }
  let seq = 0;
  return {
    clock,
    report,
    async takes(entries: readonly Entry[]) {
      const days = new Set(entries.map(({ path }) => path.split('/')[0] as string));
      await inventories.replace(row, [...days], entries, ++seq);
    },
    /** The device tells the destination's own filter. */
    tells(filter: DestinationFilter) {
      const source = sourceState();
      const destinations = source.destinations.map((at) => ({ ...at, name: config.name, filter }));
      devices.state(NAME, deviceState({ sources: [{ ...source, destinations }] }), true);
    },
    loses: (entry: Entry) => inventories.change(row, entry, ++seq, -1),
    [Symbol.dispose]() {
      stopping.abort();
      store[Symbol.dispose]();
    },
  };
}

/** Everything below a destination's folder of the source, as its inventory tells it. */
export function entriesBelow(root: string, folder = ''): Entry[] {
  return readdirSync(`${root}/${FOLDER}/${folder}`, { withFileTypes: true }).flatMap((found) => {
    const path = folder + found.name;
    if (found.isDirectory()) return entriesBelow(root, `${path}/`);
    return [{ path, size: statSync(`${root}/${FOLDER}/${path}`).size }];
  });
}
