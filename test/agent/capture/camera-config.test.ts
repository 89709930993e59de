import { cameraConfig } from '@vigie/agent/capture/camera-config';
import { openCamera } from '@vigie/hardware/camera/open';
import { systemClock } from '@vigie/shared/kit/clock';
import { expect, test } from 'vitest';
import { fontFile } from '../../support/font.ts';

const MINIMAL = [
  { type: 'test-picture' },
  { type: 'gphoto2' },
  { type: 'rpicam-still' },
  { type: 'http', url: 'http://10.0.0.9/snapshot.jpg' },
  { type: 'rtsp', url: 'rtsp://10.0.0.9:554/live' },
  { type: 'folder', path: '/srv/ftp/cam1' },
];

test.each(MINIMAL)('$type needs nothing more, and its camera opens without its hardware', async (written) => {
  const config = cameraConfig.parse(written);
  await using camera = openCamera(config, {
    readSecret: () => 'secret',
    keepFolder: '/nonexistent/copies',
    taken: { has: () => false, add: () => undefined, forget: () => undefined, retain: () => undefined },
    exifTime: async () => undefined,
    clock: systemClock,
    fontFile,
    drawTestPicture: async () => undefined,
  });
  expect(camera.description).not.toBe('');
});

const faultOf = (written: object) => cameraConfig.safeParse(written).error?.issues[0]?.message;

test('an exposure time is written with its unit, or as a fraction', () => {
  const shutter = (text: string) => cameraConfig.parse({ type: 'rpicam-still', shutter: text });
  expect(shutter('1/250s')).toMatchObject({ shutter: 4_000 });
  expect(shutter('500us')).toMatchObject({ shutter: 500 });
  expect(shutter('2.5ms')).toMatchObject({ shutter: 2_500 });
  expect(faultOf({ type: 'rpicam-still', shutter: '250' })).toContain('1/250s');
  expect(faultOf({ type: 'rpicam-still', shutter: '30s' })).toContain('longer than');
});

test('what cannot work is told with what is allowed', () => {
  const http = { type: 'http', url: 'http://10.0.0.9/x' };
  expect(faultOf({ ...http, url: 'http://me:secret@10.0.0.9/x' })).toContain('passwordFile');
  expect(faultOf({ ...http, url: 'rtsp://10.0.0.9/x' })).toContain('http:// or https://');
  expect(faultOf({ ...http, url: 'http://10.0.0.9/a b' })).toContain('%20');
  expect(faultOf({ ...http, user: 'me' })).toContain('together only');
  expect(faultOf({ type: 'rtsp', url: "rtsp://10.0.0.9/'; option x" })).toContain('%27');
  expect(faultOf({ type: 'rtsp', url: 'rtsp://u:p@h/x' })).toContain('passwordFile');
  expect(faultOf({ type: 'rpicam-still', rotation: 90 })).toContain('0 or 180');
  expect(faultOf({ type: 'rpicam-still', arguments: ['--output=/etc/x'] })).toContain("adapter's own");
  expect(faultOf({ type: 'folder', path: '/a', namePattern: '%Y%M%D' })).toContain('%H %m is missing');
  expect(faultOf({ type: 'folder', path: '/a', extensions: ['.JPG'] })).toContain('lower case');
});
