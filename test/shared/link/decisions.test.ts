import { createInbox } from '@vigie/shared/link/inbox';
import { failuresAfter, pauseMs } from '@vigie/shared/link/pace';
import { fits, judgeLoss, lossesAfterAck } from '@vigie/shared/link/packet-size';
import { firstVersion, nextVersion, type VersionOutcome } from '@vigie/shared/link/protocol-version';
import { explainEnding } from '@vigie/shared/link/refusal';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { until } from '../../support/temp.ts';

describe('the pause before the next attempt', () => {
  const limits = { baseMs: 1_000, capMs: 60_000, slowMs: 60_000 };
  test('lies anywhere between nothing and a bound that grows to the cap', () => {
    expect([1, 2, 3, 7, 100].map((failures) => pauseMs(failures, limits, false, 0.999_999))).toEqual([
      1_000, 2_000, 4_000, 60_000, 60_000,
    ]);
    expect([1, 2, 100].map((failures) => pauseMs(failures, limits, false, 0))).toEqual([0, 0, 0]);
  });
  test('is long where an operator must act first', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (failures, random) => {
          expect(pauseMs(failures, limits, true, random)).toBeGreaterThanOrEqual(30_000);
        },
      ),
    );
  });
  test('begins anew after a connection that held, and grows with those that do not', () => {
    expect(failuresAfter(8, 60_000)).toBe(1);
    expect(failuresAfter(8, 50)).toBe(9);
  });
});

describe('the version of MQTT', () => {
  const having = (...outcomes: VersionOutcome[]) =>
    outcomes.reduce((choice, outcome) => nextVersion('auto', choice, outcome).choice, firstVersion('auto'));
  test('is 5 at first, and 3.1.1 at once after a refusal, and stays so', () => {
    expect(firstVersion('auto').speak).toBe(5);
    expect(nextVersion('auto', firstVersion('auto'), 'refused')).toMatchObject({ choice: { speak: 4 }, atOnce: true });
    expect(having('refused', 'accepted', 'unknown', 'silent', 'accepted').speak).toBe(4);
  });
  test('after a mere silence 3.1.1 is tried, and 5 again the next time', () => {
    expect(nextVersion('auto', firstVersion('auto'), 'silent')).toMatchObject({ choice: { speak: 4 }, atOnce: true });
    expect(having('silent', 'accepted').speak).toBe(5);
    expect(nextVersion('auto', having('silent'), 'silent')).toMatchObject({ choice: { speak: 5 }, atOnce: false });
  });
  test('is found again when the broker is replaced', () => {
    expect(having('refused', 'accepted', 'refused').speak).toBe(5);
    expect(having('accepted', 'unknown').speak).toBe(5);
  });
  test('is what the operator says, if he says', () => {
    for (const [protocol, speak] of [
      ['5', 5],
      ['3.1.1', 4],
    ] as const) {
      expect(nextVersion(protocol, firstVersion(protocol), 'refused')).toMatchObject({
        choice: { speak },
        atOnce: false,
      });
    }
  });
});

describe('sizes', () => {
  test('a packet fits the least of both limits', () => {
    expect([fits(262_144, undefined), fits(262_145, undefined), fits(262_144, 2_000_000)]).toEqual([true, false, true]);
    expect([fits(1_000, 1_000), fits(1_001, 1_000)]).toEqual([true, false]);
  });
  test('a loss under a large packet counts as a no at the second time, or when the broker says so', () => {
    expect(judgeLoss(0, 100_000, 149)).toEqual({ tooLarge: true, losses: 0 });
    expect(judgeLoss(0, 100_000, undefined)).toEqual({ tooLarge: false, losses: 1 });
    expect(judgeLoss(1, 100_000, undefined)).toMatchObject({ tooLarge: true });
    expect(judgeLoss(1, 100, undefined)).toEqual({ tooLarge: false, losses: 1 });
    expect([lossesAfterAck(1, 100), lossesAfterAck(1, 100_000)]).toEqual([1, 0]);
  });
});

describe('what a refusal means', () => {
  const url = 'mqtt://someone:secret@broker:1883';
  test('each tells the broker and what to do, and no secret', () => {
    for (const reasonCode of [1, 2, 4, 5, 132, 133, 134, 135, 151]) {
      const { error, slow } = explainEnding({ how: 'refused', reasonCode }, url);
      expect(error.message).toContain('"mqtt://broker:1883"');
      expect(error.hint).toBeTypeOf('string');
      expect(slow).toBe(true);
    }
    expect(explainEnding({ how: 'refused', reasonCode: 3 }, url).slow).toBe(false);
  });
  test('an address that cannot be reached comes with a hint', () => {
    const failed = (code: string) =>
      explainEnding({ how: 'unreachable', error: Object.assign(new Error(code), { code }) }, url);
    expect(failed('ECONNREFUSED').error.hint).toContain('running');
    expect(failed('ENOTFOUND').error.hint).toContain('host name');
    expect(failed('DEPTH_ZERO_SELF_SIGNED_CERT').error.hint).toContain('caFile');
    expect(failed('EHOSTUNREACH').error.hint).toBeUndefined();
  });
});

describe('the inbox', () => {
  test('handles in order, tells when it is full and when there is room again, and forgets', async () => {
    const handled: number[] = [];
    const gates = Array.from({ length: 6 }, () => Promise.withResolvers<void>());
    const inbox = createInbox<number>({
      entriesMax: 2,
      bytesMax: 1_000,
      bytesOf: () => 1,
      handle: async (item) => {
        await gates[item]?.promise;
        handled.push(item);
      },
    });
    expect([0, 1, 2].map((item) => inbox.push(item))).toEqual([true, true, false]);
    let room = false;
    inbox.onRoom(() => {
      room = true;
    });
    expect(room).toBe(false);
    gates[0]?.resolve();
    await until('there is room', () => room);
    expect(handled).toEqual([0]);
    inbox.push(3);
    inbox.forget((item) => item === 2);
    for (const gate of gates) gate.resolve();
    await until('the last is handled', () => handled.includes(3));
    expect(handled).toEqual([0, 1, 3]);
  });

  test('is full by bytes too, and stops after the item under way', async () => {
    const gate = Promise.withResolvers<void>();
    const handled: string[] = [];
    const inbox = createInbox<string>({
      entriesMax: 100,
      bytesMax: 10,
      bytesOf: (text) => text.length,
      handle: async (text) => {
        await gate.promise;
        handled.push(text);
      },
    });
    expect(inbox.push('0123456789')).toBe(true);
    expect(inbox.push('0123456789')).toBe(false);
    const stopped = inbox.stop();
    gate.resolve();
    await stopped;
    expect(handled).toHaveLength(1);
    expect(inbox.push('later')).toBe(true);
    expect(handled).toHaveLength(1);
  });
});
