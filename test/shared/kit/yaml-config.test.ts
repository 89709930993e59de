import { agentConfig } from '@vigie/agent/config';
import { ConfigError, parseConfig } from '@vigie/shared/kit/yaml-config';
import { expect, test } from 'vitest';

const messageOf = (text: string): string => {
  try {
    parseConfig('agent.yaml', text, agentConfig);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
};

const good = `device: cam-1
dataFolder: data
sources:
  - name: garden
    every: 5s
    camera:
      type: test-picture
    destinations: [archive]
destinations:
  - name: archive
    type: directory
    root: /mnt/usb
`;

test('a configuration is parsed once, with its defaults', () => {
  const config = parseConfig('agent.yaml', good, agentConfig);
  expect(config.sources[0]).toMatchObject({ name: 'garden', every: 5_000, process: [] });
  expect(config.sources[0]?.watchedFolder).toMatchObject({ batchSize: 16, waitTime: 2_000 });
});

test('every fault is told with file, line, key and what is allowed', () => {
  const bad = good.replace('every: 5s', 'every: soon').replace('type: directory', 'type: directory\n    colour: red');
  const lines = messageOf(bad).split('\n');
  expect(lines).toContainEqual(expect.stringMatching(/^agent\.yaml:5: sources\.0\.every: .*500ms, 5s, 10m, 2h, 1d/));
  expect(lines).toContainEqual(
    expect.stringMatching(/^agent\.yaml:12: destinations\.0\.colour: no such key is allowed here/),
  );
});

test('a destination that does not exist is told with those that do', () => {
  expect(messageOf(good.replace('[archive]', '[attic]'))).toMatch(/agent\.yaml:8: .*"attic"; allowed: archive/);
});

test('broken YAML is told with its line', () => {
  expect(messageOf('device: [cam')).toMatch(/^agent\.yaml:1: /);
});
