import { expect, test } from 'vitest';
import { countOf, verdict } from '../../scripts/test-count.ts';

const report = (passed: number, failed: number, skipped: number, files: [string, ...string[]][] = []) => ({
  numPassedTests: passed,
  numFailedTests: failed,
  numPendingTests: skipped,
  numTodoTests: 0,
  testResults: files.map(([status, ...tests]) => ({ status, assertionResults: tests.map((t) => ({ status: t })) })),
});

test('a clean run passes with the runner’s own count', () => {
  expect(verdict(countOf(report(12, 0, 0), 0))).toEqual({ code: 0, lines: ['12 passed, 0 failed'] });
});

test('a failed test, a file that does not load and an error outside every test each fail the gate', () => {
  expect(verdict(countOf(report(11, 1, 0, [['failed', 'failed']]), 1)).lines).toEqual(['11 passed, 1 failed']);
  expect(verdict(countOf(report(11, 0, 0, [['failed']]), 1)).lines).toEqual(['11 passed, 1 failed']);
  expect(verdict(countOf(report(11, 0, 0), 1)).lines).toEqual(['11 passed, 1 failed']);
});

test('a skipped test, an empty run and a runner that left no report fail the gate', () => {
  expect(verdict(countOf(report(11, 0, 2), 0))).toMatchObject({ code: 1 });
  expect(verdict(countOf(report(11, 0, 2), 0)).lines.at(-1)).toBe('11 passed, 2 failed');
  expect(verdict(countOf(report(0, 0, 0), 0)).lines).toEqual(['0 passed, 1 failed']);
  expect(verdict(countOf(undefined, 0)).lines).toEqual(['0 passed, 1 failed']);
});
