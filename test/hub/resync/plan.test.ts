import { planResync } from '@vigie/hub/resync/plan';
import { unpack } from '@vigie/shared/protocol/inventory';
import type { Action, Unmatched, UnmatchedClass } from '@vigie/shared/protocol/report';
import { expect, test } from 'vitest';
import { z } from 'zod';

const place = { source: 'garden', destination: 'archive' };
const entry = (path: string, name: UnmatchedClass = 'missing', action: Action = 'resync'): Unmatched => ({
  class: name,
  path,
  sourceSize: 10,
  destinationSize: name === 'missing' ? null : 5,
  cause: '',
  action,
});
const paths = z.array(z.string());

test('what only the destination has, what the source cannot read and what goes by itself is left alone', async () => {
  const found = [
    entry('d/a.jpg'),
    entry('d/b.jpg', 'extra', 'none-needed'),
    entry('d/c.jpg', 'unreadable', 'look-at-source'),
    entry('d/d.jpg', 'corrupt', 'resync-replace'),
    entry('d/e.jpg', 'missing', 'wait'),
    entry('d/f.jpg', 'missing', 'copy-from-elsewhere'),
  ];
  const [job, ...others] = planResync(found, new Map([['d', 100]]), place);
  expect(others).toEqual([]);
  expect(job?.total).toEqual({ count: 2, bytes: 20 });
  expect(await unpack(job?.selection.paths as string, paths)).toEqual(['d/a.jpg', 'd/d.jpg']);
  expect(job?.selection.replace).toBe(true);
});

test('missing assets alone do not allow replacing', () => {
  expect(planResync([entry('d/a.jpg')], new Map(), place)[0]?.selection.replace).toBe(false);
});

test('a day that is missing whole is named by its name', () => {
  const day = Array.from({ length: 50 }, (_, i) => entry(`20261123/${i}.jpg`));
  const [job] = planResync(
    [...day, entry('20261122/x.jpg')],
    new Map([
      ['20261123', 50],
      ['20261122', 9],
    ]),
    place,
  );
  expect(job?.selection.days).toEqual(['20261123']);
  expect(job?.total.count).toBe(51);
});

test('a list that does not fit into a message becomes several orders, with nothing lost or twice', async () => {
  let seed = 1;
  const random = () => {
    seed = (seed * 48271) % 2147483647;
    return seed.toString(36);
  };
  const all = Array.from({ length: 30_000 }, (_, i) => entry(`d${i % 7}/${random()}${random()}${random()}.jpg`));
  const jobs = planResync(all, new Map(), place);
  expect(jobs.length).toBeGreaterThan(1);
  const named: string[] = [];
  for (const { selection } of jobs) {
    expect((selection.paths as string).length).toBeLessThanOrEqual(90_000);
    named.push(...(await unpack(selection.paths as string, paths)));
  }
  expect(named.sort()).toEqual(all.map((e) => e.path).sort());
});

test('nothing to mend, no job', () => {
  expect(planResync([entry('d/b.jpg', 'extra', 'none-needed')], new Map(), place)).toEqual([]);
});
