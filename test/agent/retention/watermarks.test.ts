import { markOf, type Rung, rungOf, shortfall } from '@vigie/agent/retention/watermarks';
import { expect, test } from 'vitest';

const mark = (percent: number, bytes: number, inodes = 1_000_000) => ({ percent, bytes, inodes });
const marks = { clean: mark(10, 2000), stopProcessing: mark(5, 1000), skipCaptures: mark(2, 400) };
const space = (freeBytes: number, freeInodes: number | null = null, totalBytes = 10_000) => ({
  freeBytes,
  totalBytes,
  freeInodes,
  totalInodes: freeInodes === null ? null : 1000,
});

test('a mark is the smaller of bytes and percent: one setting for a card and for a large disk', () => {
  expect(markOf(space(0, null, 10_000), marks.clean).bytes).toBe(1000);
  expect(markOf(space(0, null, 1_000_000), marks.clean).bytes).toBe(2000);
});

test('each rung is reached below its mark, not at it', () => {
  const at = (free: number) => rungOf(space(free), marks, 25, 'room');
  expect([1000, 999, 500, 499, 200, 199, 0].map(at)).toEqual([
    'room',
    'clean',
    'clean',
    'stop-processing',
    'stop-processing',
    'skip-captures',
    'skip-captures',
  ]);
});

test('a rung is left only when the room exceeds its mark by the margin, and is not reached again at once', () => {
  let rung: Rung = 'room';
  const told = [199, 240, 249, 250, 620, 625, 1249, 1250].map((free) => {
    rung = rungOf(space(free), marks, 25, rung);
    return rung;
  });
  expect(told).toEqual([
    'skip-captures',
    'skip-captures',
    'skip-captures',
    'stop-processing',
    'stop-processing',
    'clean',
    'clean',
    'room',
  ]);
});

test('inodes count as room, where the file system has a limit of them', () => {
  expect(rungOf(space(9000, 99), marks, 25, 'room')).toBe('clean');
  expect(rungOf(space(9000, 19), marks, 25, 'room')).toBe('skip-captures');
  expect(rungOf(space(9000, null), marks, 25, 'room')).toBe('room');
  expect(shortfall(space(9000, 99), marks.clean, 25)).toEqual({ bytes: 0, inodes: 26 });
});
