import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readAgentConfig } from '@vigie/agent/config';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { tempFolder } from '../../support/temp.ts';

/** What an agent's configuration with these cameras, a source each, is refused for. */
async function refusal(...cameras: object[]): Promise<string> {
  const file = join(await tempFolder(), 'agent.yaml');
  const sources = cameras.map((camera, i) => ({ name: `s${i}`, camera }));
  writeFileSync(file, stringify({ device: 'cam-1', dataFolder: 'data', sources }));
  try {
    readAgentConfig(file);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

test('two sources that may mean one camera are refused, with the other one’s name', async () => {
  const body = { type: 'gphoto2' };
  for (const [left, right] of [
    [body, body],
    [body, { ...body, serial: '12' }],
    [
      { ...body, serial: '0012' },
      { ...body, serial: '12' },
    ],
    [
      { ...body, owner: 'Ann' },
      { ...body, serial: '12' },
    ],
    [{ type: 'rpicam-still' }, { type: 'rpicam-still', camera: 0 }],
    [
      { type: 'http', url: 'http://camera/a.jpg' },
      { type: 'http', url: 'http://CAMERA:80/a.jpg' },
    ],
  ] as const) {
    expect(await refusal(left, right)).toMatch(/sources\S*1\S*camera.*source "s0"/);
  }
});

test('cameras that are told apart are allowed', async () => {
  const body = { type: 'gphoto2' };
  expect(await refusal({ ...body, serial: '12' }, { ...body, serial: '13' }, { type: 'rpicam-still' })).toBe('');
  expect(await refusal({ ...body, owner: 'Ann' }, { ...body, owner: 'Ben' }, { type: 'test-picture' })).toBe('');
  expect(await refusal({ type: 'rpicam-still', camera: 0 }, { type: 'rpicam-still', camera: 1 })).toBe('');
  expect(await refusal({ type: 'test-picture' }, { type: 'test-picture' })).toBe('');
});
