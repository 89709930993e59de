import { execFileSync, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createHttpCamera, type HttpCameraOptions } from '@vigie/hardware/camera/http';
import { answer, challengesOf } from '@vigie/hardware/camera/http-digest';
import { describe, expect, onTestFinished, test } from 'vitest';
import { captureRequest } from '../../support/capture-request.ts';
import { failedCapture } from '../../support/failed-capture.ts';
import {
  type Behaviour,
  breaksOff,
  gives,
  hangs,
  httpCamera,
  type SignInRules,
  status,
  streams,
  trickles,
} from '../../support/http-camera.ts';
import { jpegPicture } from '../../support/picture.ts';
import { freePort, tempFolder, until } from '../../support/temp.ts';

const USER = 'view"er';
const PASSWORD = 'pass: wörd\\"';

async function set(options: Partial<HttpCameraOptions> = {}, signIn?: Omit<SignInRules, 'user' | 'password'>) {
  const picture = await jpegPicture();
  const rules = signIn && { user: USER, password: PASSWORD, ...signIn };
  const server = await httpCamera(picture, rules ? { signIn: rules } : {});
  const credentials = rules && (() => ({ user: USER, password: PASSWORD }));
  const camera = createHttpCamera({
    url: server.url,
    authentication: 'auto',
    timeLimitMs: 5_000,
    bytesMax: 1_000_000,
    credentials,
    ...options,
  });
  onTestFinished(() => camera[Symbol.asyncDispose]());
  return { camera, server, picture };
}

test('the picture arrives byte for byte, with the extension that its bytes ask for', async () => {
  const { camera, server, picture } = await set();
  server.behave(gives(picture, 'application/octet-stream'));
  const [file] = await camera.capture(await captureRequest());
  expect(file?.extension).toBe('jpg');
  expect(await readFile(file?.path as string)).toEqual(picture);
  expect(camera.description).toBe(`http 127.0.0.1:${server.port}`);
});

describe('sign-in', () => {
  test.each<[SignInRules['offers'], expected: RegExp]>([
    [['basic'], /^Basic /],
    [['MD5'], /algorithm=MD5,.*qop=auth,/],
    [['SHA-256'], /algorithm=SHA-256,/],
    [['MD5-sess'], /algorithm=MD5-sess,/],
    [['no-qop'], /^Digest (?!.*(qop|nc)=)/],
    [['basic', 'MD5', 'SHA-256'], /algorithm=SHA-256,/],
    [['basic', 'MD5'], /algorithm=MD5,/],
  ])('of what is offered, %j, the best is answered', async (offers, expected) => {
    const { camera, server } = await set({}, { offers });
    expect(await camera.capture(await captureRequest())).toHaveLength(1);
    expect(server.requests.map((request) => request.authorization)).toEqual([
      undefined,
      expect.stringMatching(expected),
    ]);
    // The second capture needs no question any more, and its count goes on.
    expect(await camera.capture(await captureRequest())).toHaveLength(1);
    expect(server.requests).toHaveLength(3);
    if (!offers.includes('no-qop') && offers.length > 1) {
      expect(server.requests[2]?.authorization).toContain('nc=00000002');
    }
  });

  test.each([true, false])('an old nonce is followed by a new one (stale told: %s)', async (saysStale) => {
    const { camera, server } = await set({}, { offers: ['SHA-256'], saysStale });
    await camera.capture(await captureRequest());
    server.expire();
    expect(await camera.capture(await captureRequest())).toHaveLength(1);
    expect(server.requests).toHaveLength(4);
  });

  test.each<[SignInRules['offers']]>([[['basic']], [['MD5']], [['SHA-256']]])(
    'a wrong password, %j: refused after one try, and nothing of it is told',
    async (offers) => {
      const credentials = () => ({ user: USER, password: 'not this one' });
      const { camera, server } = await set({ credentials }, { offers });
      const error = await failedCapture(camera);
      expect(error.code).toBe('camera-refused');
      expect(error.hint).toContain('passwordFile');
      expect(server.requests.filter((request) => request.authorization !== undefined)).toHaveLength(1);
      expect(JSON.stringify([error.message, error.hint, String(error.stack), String(error.cause)])).not.toMatch(
        /not this one|bm90IHRoaXM|view/,
      );
    },
  );

  test('the password itself is never sent where only digest is allowed', async () => {
    const { camera, server } = await set({ authentication: 'digest' }, { offers: ['basic'] });
    const error = await failedCapture(camera);
    expect(error.message).toContain('"Basic"');
    expect(server.requests.every((request) => request.authorization === undefined)).toBe(true);
  });

  test('without a user, the hint says what to set', async () => {
    const { camera } = await set({ credentials: undefined }, { offers: ['MD5'] });
    expect((await failedCapture(camera)).hint).toContain('"user"');
  });

  test('a password that changes counts from the next capture on', async () => {
    let password = 'old';
    const { camera } = await set({ credentials: () => ({ user: USER, password }) }, { offers: ['MD5'] });
    await failedCapture(camera);
    password = PASSWORD;
    expect(await camera.capture(await captureRequest())).toHaveLength(1);
  });

  test.each(['SHA-256', 'MD5'])('a real server, lighttpd, is content with the answers by %s', async (algorithm) => {
    const folder = await tempFolder();
    const port = await freePort();
    const picture = await jpegPicture();
    await writeFile(join(folder, 'snapshot.jpg'), picture);
    await writeFile(join(folder, 'users'), 'viewer:pass word\n');
    await writeFile(
      join(folder, 'lighttpd.conf'),
      `server.document-root = "${folder}"
       server.bind = "127.0.0.1"
       server.port = ${port}
       server.modules = ("mod_auth", "mod_authn_file")
       auth.backend = "plain"
       auth.backend.plain.userfile = "${folder}/users"
       auth.require = ("/snapshot.jpg" => ("method" => "digest", "algorithm" => "${algorithm}", "realm" => "camera", "require" => "valid-user"))`,
    );
    const server = spawn('/usr/sbin/lighttpd', ['-D', '-f', join(folder, 'lighttpd.conf')], { stdio: 'ignore' });
    onTestFinished(() => void server.kill('SIGKILL'));
    const url = `http://127.0.0.1:${port}/snapshot.jpg?time=1&name=a%20b`;
    await until(
      'lighttpd answers',
      () =>
        fetch(url).then(
          (response) => response.status === 401,
          () => false,
        ),
      10_000,
    );
    const { camera } = await set({ url, credentials: () => ({ user: 'viewer', password: 'pass word' }) });
    for (let count = 0; count < 2; count++) {
      const [file] = await camera.capture(await captureRequest());
      expect(await readFile(file?.path as string)).toEqual(picture);
    }
    const { camera: stranger } = await set({ url, credentials: () => ({ user: 'viewer', password: 'passport' }) });
    expect((await failedCapture(stranger)).code).toBe('camera-refused');
  });

  test('the answers are those of RFC 7616, section 3.9.1, and RFC 2617, section 3.5', () => {
    const nonce = '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v';
    const rest = 'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
    const challenges = challengesOf([
      `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, nonce="${nonce}", ${rest}, Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="${nonce}", ${rest}`,
    ]);
    expect(challenges.map((one) => one.scheme === 'digest' && one.algorithm)).toEqual(['SHA-256', 'MD5']);
    const request = {
      method: 'GET',
      uri: '/dir/index.html',
      user: 'Mufasa',
      password: 'Circle of Life',
      count: 1,
      clientNonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
    };
    const [sha, md5] = challenges.map((one) => answer(one, request));
    expect(sha).toContain('response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"');
    expect(md5).toContain('response="8ca523f5e9506fed4657c9700eebdbec"');
    const [older] = challengesOf([
      'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"',
    ]);
    expect(
      answer(older as NonNullable<typeof older>, { ...request, password: 'Circle Of Life', clientNonce: '0a4f113b' }),
    ).toContain('response="6629fae49393a05397450978507c4ef1"');
  });

  test('challenges that nobody can answer are left out', () => {
    expect(
      challengesOf(['Negotiate', 'NTLM abc==', 'Digest realm="a"', 'Digest realm="a", nonce="b", algorithm=SHA3']),
    ).toEqual([]);
    expect(challengesOf(['', ', ,', '"', 'Digest nonce="x'])).toEqual([]);
    expect(challengesOf(['Bearer realm="x", Basic realm="y"'])).toEqual([{ scheme: 'basic', realm: 'y' }]);
  });
});

describe('what comes', () => {
  const cases: [string, (picture: Buffer) => Behaviour, code: string, said: RegExp][] = [
    ['a login page', () => gives('<!DOCTYPE html><html>Sign in</html>', 'text/html'), 'camera-refused', /web page/],
    [
      'a page that calls itself a picture',
      () => gives('  <html><body>hello</body></html>'),
      'camera-refused',
      /web page/,
    ],
    ['some text', () => gives('Error: camera not ready, please wait', 'text/plain'), 'camera-refused', /no picture/],
    ['a few bytes', () => gives('no'), 'camera-refused', /no picture/],
    ['an empty answer', () => gives(''), 'camera-crashed', /empty/],
    ['a stream of pictures', streams, 'camera-refused', /stream/],
    ['too many bytes, announced', () => gives(Buffer.alloc(2_000_000, 1)), 'camera-refused', /longer than 1000000/],
    [
      'too many bytes, not announced',
      (picture) => (_, response) => {
        response.write(picture);
        const timer = setInterval(() => response.write(Buffer.alloc(200_000)), 1);
        response.once('close', () => clearInterval(timer));
      },
      'camera-refused',
      /longer than 1000000/,
    ],
    ['half a picture', (picture) => breaksOff(picture, true), 'camera-crashed', /broke off/],
    ['half a picture without a length', (picture) => breaksOff(picture, false), 'camera-crashed', /broke off/],
    ['404', () => status(404), 'camera-refused', /nothing at this address/],
    ['403', () => status(403), 'camera-refused', /may not/],
    ['503', () => status(503), 'camera-busy', /busy/],
    ['500', () => status(500), 'camera-refused', /500/],
    ['204', () => status(204), 'camera-refused', /204/],
    [
      'something that is not HTTP',
      () => (_, response) => void response.socket?.end('220 ftp.example.org ready\r\n'),
      'camera-crashed',
      /HPE_/,
    ],
  ];
  test.each(cases)('%s', async (_, behaviour, code, said) => {
    const { camera, server, picture } = await set();
    server.behave(behaviour(picture));
    const error = await failedCapture(camera);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(said);
    server.behave(gives(picture));
    expect(await camera.capture(await captureRequest())).toHaveLength(1);
  });

  test.each<[string, (picture: Buffer) => Behaviour]>([
    ['hangs', () => hangs],
    ['sends a byte now and then', trickles],
  ])('a camera that %s meets the time limit of the whole transfer', async (_, behaviour) => {
    const { camera, server, picture } = await set({ timeLimitMs: 500 });
    server.behave(behaviour(picture));
    const begin = performance.now();
    expect((await failedCapture(camera)).code).toBe('camera-timeout');
    expect(performance.now() - begin).toBeLessThan(2_000);
  });

  test('a picture without a length that is whole is taken', async () => {
    const { camera, server, picture } = await set();
    server.behave((_, response) => {
      response.socket?.end(Buffer.concat([Buffer.from('HTTP/1.0 200 OK\r\n\r\n'), picture]));
    });
    const [file] = await camera.capture(await captureRequest());
    expect(await readFile(file?.path as string)).toEqual(picture);
  });
});

describe('redirects', () => {
  test('on the same host are followed, with the sign-in of that address', async () => {
    const { camera, server, picture } = await set({}, { offers: ['MD5'] });
    server.behave((request, response) =>
      request.url === '/now.jpg?a=1'
        ? gives(picture)(request, response)
        : status(302, { location: '/now.jpg?a=1' })(request, response),
    );
    expect(await camera.capture(await captureRequest())).toHaveLength(1);
    expect(server.requests.at(-1)?.authorization).toContain('uri="/now.jpg?a=1"');
  });

  test.each([
    ['to another host', 'http://localhost:1/x.jpg', /another host, "localhost"/],
    ['in a circle', '/snapshot.jpg', /more than 5 times/],
    ['to nowhere', 'http://:::', /cannot be read/],
    ['to a file of this machine', 'file:///etc/passwd', /another host|without TLS/],
  ])('%s are refused', async (_, location, said) => {
    const { camera, server } = await set();
    server.behave(status(302, { location }));
    const error = await failedCapture(camera);
    expect(error.code).toBe('camera-refused');
    expect(error.message).toMatch(said);
  });
});

test('nobody listens: camera-absent, and captures go on when it is back', async () => {
  const { camera, server } = await set();
  await server.close();
  expect((await failedCapture(camera)).code).toBe('camera-absent');
  await server.listen();
  expect(await camera.capture(await captureRequest())).toHaveLength(1);
});

test('TLS: a certificate of its own is accepted where its file is named, under the name in it', async () => {
  const folder = await tempFolder();
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
      ...['-keyout', key, '-out', cert, '-subj', '/CN=camera.example', '-addext', 'subjectAltName=DNS:camera.example'],
    ],
    { stdio: 'ignore' },
  );
  const picture = await jpegPicture();
  const server = await httpCamera(picture, {
    tls: { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') },
  });
  const options = { url: server.url, authentication: 'auto', timeLimitMs: 5_000, bytesMax: 1_000_000 } as const;
  await using trusted = createHttpCamera({ ...options, caFile: cert, serverName: 'camera.example' });
  expect(await trusted.capture(await captureRequest())).toHaveLength(1);
  await using unknown = createHttpCamera(options);
  expect(await failedCapture(unknown)).toMatchObject({
    code: 'camera-refused',
    hint: expect.stringContaining('caFile'),
  });
  await using otherName = createHttpCamera({ ...options, caFile: cert });
  expect(await failedCapture(otherName)).toMatchObject({
    code: 'camera-refused',
    hint: expect.stringContaining('serverName'),
  });
  server.behave(status(302, { location: `http://127.0.0.1:${server.port}/x.jpg` }));
  expect(await failedCapture(trusted)).toMatchObject({
    code: 'camera-refused',
    message: expect.stringContaining('without TLS'),
  });
  await using noFile = createHttpCamera({ ...options, caFile: join(folder, 'nothing.pem') });
  expect(await failedCapture(noFile)).toMatchObject({
    code: 'camera-refused',
    message: expect.stringContaining('nothing.pem'),
  });
});
