import { createReportRunner, type OpenSide } from '@vigie/hub/report/runner';
import { createReportHistory } from '@vigie/hub/store/report-history';
import { createReportStore } from '@vigie/hub/store/reports';
import { openStore } from '@vigie/hub/store/store';
import { silentLog } from '@vigie/shared/kit/log';
import { expect, onTestFinished, test } from 'vitest';
import { handClock } from '../../support/ledger.ts';
import { tempFolder, until } from '../../support/temp.ts';

const LEFT = JSON.stringify({ type: 'directory', path: '/one' });
const RIGHT = JSON.stringify({ type: 'directory', path: '/other' });

/** A hub's reports whose sides are empty, and of which those by digest read until `letGo` is called. */
async function hub() {
  const store = openStore(await tempFolder());
  onTestFinished(() => store[Symbol.dispose]());
  const clock = handClock();
  const reports = createReportStore(store, clock);
  const reading = Promise.withResolvers<void>();
  const ended: string[] = [];
  const runner = createReportRunner({
    reports,
    history: createReportHistory(store),
    sides: {
      async open(side, _filter, signal): Promise<OpenSide> {
        const isSlow = side.type === 'directory' && side.path === '/slow';
        return {
          asOf: null,
          async *entries() {
            if (isSlow)
              await Promise.race([reading.promise, new Promise((end) => signal.addEventListener('abort', end))]);
            signal.throwIfAborted();
          },
        };
      },
      explain: async () => [],
      canSend: () => false,
    },
    isMendable: () => false,
    changed: () => undefined,
    completed: ({ by }) => ended.push(by),
    clock: {
      ...clock,
      sleep: (_ms, signal) => new Promise((end) => signal?.addEventListener('abort', () => end(), { once: true })),
    },
    log: silentLog,
  });
  const order = (by: string, more: { right?: string; proof?: 'digest'; trigger?: 'outage' | 'schedule' } = {}) => {
    const { right = RIGHT, trigger = 'person', ...rest } = more;
    clock.advance(1);
    const made = reports.create({ left: LEFT, right, filter: '{}', by, trigger, sync: false, ...rest });
    runner.wake();
    return made.id;
  };
  const stopping = new AbortController();
  const start = () => {
    const running = runner.run(stopping.signal);
    onTestFinished(async () => {
      stopping.abort();
      await running;
    });
  };
  return { reports, runner, order, ended, start, letGo: reading.resolve };
}
const SLOW = { right: JSON.stringify({ type: 'directory', path: '/slow' }), proof: 'digest' } as const;

test('a report by digest holds up no other, and can be cancelled while others run', async () => {
  const { reports, runner, order, ended, start, letGo } = await hub();
  const first = order('digest', SLOW);
  const second = order('digest too', SLOW);
  start();
  order('size');
  await until('the report by size has ended', () => ended.includes('size'));
  expect([first, second].map((id) => reports.find(id)?.state)).toEqual(['running', 'queued']);
  expect(runner.cancel(first)).toBe(true);
  await until('the next one runs', () => reports.find(second)?.state === 'running');
  expect(reports.find(first)?.state).toBe('cancelled');
  letGo();
  await until('it has ended', () => ended.includes('digest too'));
});

test('what follows an outage or a drill goes before what waited longer', async () => {
  const { order, ended, start } = await hub();
  order('schedule', { trigger: 'schedule' });
  order('ada');
  order('outage drill', { trigger: 'outage' });
  order('automatic', { trigger: 'outage' });
  start();
  await until('all have ended', () => ended.length === 4);
  expect(ended).toEqual(['outage drill', 'automatic', 'schedule', 'ada']);
});
