import {
  DEPTH_MAX,
  ENTRIES_MAX,
  encodeMessage,
  PAYLOAD_BYTES_MAX,
  parseMessage,
  parsePayload,
} from '@vigie/shared/link/payload';
import { hubStatus } from '@vigie/shared/protocol/messages';
import { describe, expect, test } from 'vitest';

const command = (args: string) => Buffer.from(`{"id":"1","expiresAt":5,"args":${args}}`);

describe('what is taken for a message', () => {
  test('is what the schema says, without keys that it does not know', () => {
    expect(parseMessage('ack', Buffer.from('{"generation":"g","seq":3,"later":"version"}'))).toEqual({
      generation: 'g',
      seq: 3,
    });
    expect(parsePayload('hub/status', hubStatus, Buffer.from('{"state":"online","session":1}'))).toEqual({
      state: 'online',
      session: 1,
    });
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['no JSON', Buffer.from('online')],
    ['half of it', Buffer.from('{"generation":"g",')],
    ['no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['another type', Buffer.from('{"generation":"g","seq":"3"}')],
    ['a bare list', Buffer.from('[]')],
    ['null', Buffer.from('null')],
    ['a number beyond all numbers', Buffer.from('{"generation":"g","seq":1e999}')],
    ['a prototype', Buffer.from('{"generation":"g","seq":3,"__proto__":{"x":1}}')],
    ['a prototype in disguise', Buffer.from('{"generation":"g","seq":3,"__pr\\u006fto__":{"x":1}}')],
    [
      'a prototype by the constructor',
      Buffer.from('{"generation":"g","seq":3,"x":{"constructor":{"prototype":{"y":1}}}}'),
    ],
  ])('is not %s', (_what, payload) => {
    expect(() => parseMessage('ack', payload)).toThrow(expect.objectContaining({ code: 'payload', retryable: false }));
  });

  test('is no larger than the limit, and this is found before it is parsed', () => {
    const oversize = Buffer.concat([command('{}'), Buffer.alloc(PAYLOAD_BYTES_MAX, ' ')]);
    expect(() => parseMessage('command', oversize)).toThrow(/bytes; at most 262144 are allowed/);
  });

  test('is no deeper than the limit, however deep', () => {
    const nested = (levels: number) => command(`{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`);
    expect(parseMessage('command', nested(DEPTH_MAX - 2)).id).toBe('1');
    for (const levels of [DEPTH_MAX, 1_000, 100_000]) {
      expect(() => parseMessage('command', nested(levels))).toThrow(/nested deeper/);
    }
  });

  test('has no more keys than the limit', () => {
    const keys = (count: number) => command(`{"a":[${Array(count).fill('1').join(',')}]}`);
    expect(parseMessage('command', keys(ENTRIES_MAX - 10)).id).toBe('1');
    expect(() => parseMessage('command', keys(ENTRIES_MAX))).toThrow(/keys and entries/);
  });
});

describe('what is sent', () => {
  test('comes out on the other side', () => {
    const reply = { id: '1', status: 'ok' as const, at: 5, data: { nested: [1, null, 'x'] } };
    expect(parseMessage('reply', Buffer.from(encodeMessage('reply', reply)))).toEqual(reply);
    expect(JSON.parse(encodeMessage('command', { id: '1', expiresAt: 5 }))).toEqual({
      id: '1',
      expiresAt: 5,
      args: {},
    });
  });

  test('is refused here when it would be refused there', () => {
    const wrong = { id: '1', status: 'ok' as const, at: 5, error: { code: 'x', message: 'y'.repeat(2001) } };
    expect(() => encodeMessage('reply', wrong)).toThrow(/error\.message/);
    const large = { id: '1', status: 'ok' as const, at: 5, data: 'x'.repeat(PAYLOAD_BYTES_MAX) };
    expect(() => encodeMessage('reply', large)).toThrow(expect.objectContaining({ code: 'payload' }));
  });
});
