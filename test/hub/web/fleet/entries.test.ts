import { expect, it } from 'vitest';
import type { Device, SourceState } from '../../../../hub/web/src/api/documents.ts';
import { entriesOf, filterEntries, summaryOf } from '../../../../hub/web/src/fleet/entries.ts';

const source = (name: string, part: Partial<SourceState> = {}): SourceState => ({
  name,
  camera: 'test-picture',
  zone: 'UTC',
  capturing: false,
  everyMs: 10_000,
  cron: null,
  lastCaptureAt: 2000,
  nextCaptureAt: null,
  lastFailure: null,
  waiting: 0,
  failures: 0,
  generation: 'g',
  seq: 0,
  held: { count: 0, bytes: 0 },
  storage: 'present',
  destinations: [
    {
      name: 'archive',
      state: 'idle',
      backlog: { count: 0, bytes: 0 },
      oldestAt: null,
      verified: { count: 10, bytes: 100 },
      lastDeliveryAt: null,
      error: null,
    },
  ],
  ...part,
});
const device = (name: string, sources: SourceState[], part: Partial<Device> = {}): Device => ({
  site: 'alps',
  device: name,
  presence: 'online',
  since: '2026-03-03T12:00:00.000Z',
  lastHeardAt: '2026-03-03T12:00:00.000Z',
  version: '0.1.0',
  drill: null,
  state: {
    at: 0,
    session: 1,
    version: '0.1.0',
    uptimeS: 1,
    residentBytes: 1,
    disk: { freeBytes: 50, totalBytes: 100 },
    clockTrusted: true,
    outbox: 0,
    sources,
  },
  sources: sources.map(({ name }) => ({
    name,
    inventory: { count: 0, bytes: 0, reconciled: true },
    previewAt: null,
  })),
  ...part,
});

it('shows a device without sources, and one source once whether the hub, the device or both know it', () => {
  const bare = device('bare', [], { state: null });
  const mixed = device('mixed', [source('told')], {
    sources: [
      { name: 'known', inventory: { count: 1, bytes: 1, reconciled: false }, previewAt: null },
      { name: 'told', inventory: { count: 1, bytes: 1, reconciled: true }, previewAt: null },
    ],
  });
  expect(entriesOf([mixed, bare]).map((entry) => entry.key)).toEqual([
    'alps/bare',
    'alps/mixed/known',
    'alps/mixed/told',
  ]);
});

it('tells problems, the worst first, and forgets a failed capture once one has succeeded', () => {
  const failure = (at: number) => ({ at, code: 'camera-timeout', message: 'the camera did not answer' });
  const problems = (part: Partial<SourceState>) =>
    entriesOf([device('d', [source('s', part)])])[0]?.problems.map(({ title }) => title);
  expect(problems({})).toEqual([]);
  expect(problems({ lastFailure: failure(1000) })).toEqual([]);
  expect(problems({ lastFailure: failure(3000), failures: 2 })).toEqual([
    'Capture failed',
    '2 files in the failure folder',
  ]);
  expect(problems({ storage: 'absent' })).toEqual(['Storage absent']);
  const [archive] = source('s').destinations;
  const paused = { at: 1, by: 'operator ada', until: null };
  const told = { ...(archive as NonNullable<typeof archive>), error: { code: 'paused', message: 'paused' }, paused };
  expect(problems({ destinations: [told] })).toEqual(['Deliveries to archive are paused']);
});

it('tells what its surroundings do to a device: too low a voltage, lines that cannot be used, endpoints that do not work', () => {
  const told = (part: Partial<NonNullable<Device['state']>>) => {
    const whole = device('d', [source('s')]);
    const state = { ...(whole.state as NonNullable<Device['state']>), ...part };
    return entriesOf([{ ...whole, state }])[0]?.problems.map(({ level, title }) => `${level}: ${title}`);
  };
  const power = { flags: [], relays: [], heaters: [], inputs: [], faults: [] };
  expect(told({ power: { ...power, flags: ['under-voltage-since-boot'] } })).toEqual([]);
  expect(told({ power: { ...power, flags: ['under-voltage-now'] } })).toEqual(['warn: Too low a voltage']);
  expect(
    told({ power: { ...power, faults: [{ name: 'button', code: 'gpio', message: 'line 17 is in use' }] } }),
  ).toEqual(['warn: button cannot be used']);
  const endpoint = { name: 'drone', state: 'not-ready' as const, waiting: 0, staged: 0, failures: 0, lastScanAt: null };
  expect(told({ endpoints: [{ ...endpoint, error: null }] })).toEqual([]);
  expect(told({ endpoints: [{ ...endpoint, error: { code: 'config', message: 'its folder is refused' } }] })).toEqual([
    'warn: Endpoint drone does not work',
  ]);
});

it('sums the fleet and filters by words and view', () => {
  const late = source('late-one');
  const archive = late.destinations[0];
  if (archive) archive.backlog = { count: 300, bytes: 1_400_000 };
  const devices = [device('one', [source('s')]), device('two', [late], { presence: 'offline' })];
  const entries = entriesOf(devices);
  expect(summaryOf(devices, entries)).toMatchObject({
    devices: 2,
    online: 1,
    backlog: { count: 300, bytes: 1_400_000 },
    verified: { count: 20, bytes: 200 },
    troubled: 1,
    worst: 'bad',
  });
  const keys = (search: string, view: 'all' | 'backlog' | 'problems' | 'offline') =>
    filterEntries(entries, search, view).map((entry) => entry.key);
  expect(keys('ALPS one', 'all')).toEqual(['alps/one/s', 'alps/two/late-one']);
  expect(keys('two', 'all')).toEqual(['alps/two/late-one']);
  expect(keys('', 'backlog')).toEqual(['alps/two/late-one']);
  expect(keys('one/s', 'offline')).toEqual([]);
});

it('a device that is away for a drill is no problem, and one that is away is', () => {
  const away = device('d', [source('s')], { presence: 'offline' });
  const titles = (of: Device) => entriesOf([of])[0]?.problems.map(({ title }) => title);
  expect(titles(away)).toEqual(['Device offline']);
  expect(titles({ ...away, drill: { id: 'drill-1', until: '2026-03-03T13:00:00.000Z' } })).toEqual([]);
});
