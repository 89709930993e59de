import { readDay } from '@vigie/hub/certificate/read-day';
import { expect, test } from 'vitest';
import { asset, certifiedSource, DAY, NAME } from './certified-source.ts';

test('a report that did not list a day again proves nothing of it: the one that did is asked', async () => {
  const { books, takes, report, agrees, clock } = await certifiedSource();
  takes(asset(1));
  agrees();
  const judgedBy = () => readDay(books, NAME, DAY, clock.now()).destinations[0]?.report?.id;
  await report([], {}, 'archive', [DAY]);
  expect(judgedBy()).toBeUndefined();
  const listed = await report([], {}, 'archive', ['20240228']);
  expect(judgedBy()).toBe(listed);
  await report([], {}, 'archive', [DAY]);
  expect(judgedBy()).toBe(listed);
  const again = await report();
  expect(judgedBy()).toBe(again);
});
