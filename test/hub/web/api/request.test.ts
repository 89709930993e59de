import { LIVE_TOPICS } from '@vigie/hub/http/schema';
import { expect, it } from 'vitest';
import { problemOf, urlOf } from '../../../../hub/web/src/api/request.ts';
import { staleKeys } from '../../../../hub/web/src/api/topics.ts';

it('encodes each part of an address as one segment', () => {
  expect(urlOf(['devices', 'a/b', '..?'], { day: '20260303', class: undefined })).toBe(
    '/api/v1/devices/a%2Fb/..%3F?day=20260303',
  );
});

it("understands the hub's errors, and answers that come from something else", () => {
  const own = problemOf(
    409,
    '{"error":{"code":"conflict","message":"cancel report: it has ended","hint":"Look again."}}',
  );
  expect(own).toMatchObject({
    status: 409,
    code: 'conflict',
    message: 'cancel report: it has ended',
    hint: 'Look again.',
  });
  expect(problemOf(502, '<html>Bad gateway')).toMatchObject({
    code: 'http-502',
    message: 'The hub answered with status 502.',
  });
  expect(problemOf(500, '')).toMatchObject({ code: 'http-500' });
  expect(problemOf(400, 'null')).toMatchObject({ code: 'http-400' });
});

it('names the fields that the hub complains about', () => {
  const fields = [{ path: 'email', message: 'an e-mail address is allowed' }];
  const text = JSON.stringify({ error: { code: 'input', message: 'read the request', fields } });
  expect(problemOf(400, text).message).toBe('read the request (email: an e-mail address is allowed)');
});

it('knows what each topic of the live stream makes stale', () => {
  for (const topic of LIVE_TOPICS) expect(staleKeys({ topic }), topic).not.toEqual([]);
});
