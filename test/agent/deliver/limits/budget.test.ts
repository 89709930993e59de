import { createBudget } from '@vigie/agent/deliver/limits/budget';
import { codeOf } from '@vigie/shared/kit/errors';
import { expect, test } from 'vitest';
import { handClock, testLedger } from '../../../support/ledger.ts';
import { tempFolder } from '../../../support/temp.ts';

const codeFrom = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return codeOf(error);
  }
  return undefined;
};

async function budgetOf(monthly: number, folder?: string) {
  const clock = handClock(Date.parse('2026-11-30T12:00:00Z'));
  const { ledger } = await testLedger(folder, clock);
  return {
    clock,
    ledger,
    budget: createBudget({ ledger, destination: 'archive', monthly, zone: 'Europe/Paris', clock }),
  };
}

test('what is set aside counts until its end, what was sent counts for good', async () => {
  const { budget } = await budgetOf(1_000);
  const one = budget.setAside(600);
  expect(codeFrom(() => budget.setAside(500))).toBe('budget-spent');
  one.sent(100);
  one.end();
  const two = budget.setAside(900);
  two.sent(900);
  two.end();
  expect(codeFrom(() => budget.setAside(1))).toBe('budget-spent');
});

test('more than was set aside counts too: a transfer that is repeated is paid again', async () => {
  const { budget } = await budgetOf(1_000);
  const one = budget.setAside(400);
  one.sent(400);
  one.sent(400);
  one.end();
  expect(codeFrom(() => budget.setAside(201))).toBe('budget-spent');
  budget.setAside(200).end();
});

test('a new month of the zone begins anew, and a restart does not', async () => {
  const folder = await tempFolder();
  const first = await budgetOf(1_000, folder);
  const sent = first.budget.setAside(1_000);
  sent.sent(1_000);
  sent.end();
  const second = await budgetOf(1_000, folder);
  expect(codeFrom(() => second.budget.setAside(1))).toBe('budget-spent');
  // 23:00 UTC is midnight in Paris.
  second.clock.advance(11 * 3_600_000 - 1);
  expect(codeFrom(() => second.budget.setAside(1))).toBe('budget-spent');
  second.clock.advance(1);
  expect(codeFrom(() => second.budget.setAside(1_000).end())).toBeUndefined();
});

test('a crash leaves at most 4 MiB uncounted', async () => {
  const folder = await tempFolder();
  const { budget } = await budgetOf(100_000_000, folder);
  const sending = budget.setAside(50_000_000);
  for (let n = 0; n < 500; n++) sending.sent(100_000);
  const { budget: after } = await budgetOf(100_000_000, folder);
  expect(codeFrom(() => after.setAside(50_000_000 + 4_194_305))).toBe('budget-spent');
});
