import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { agentConfig } from '@vigie/agent/config';
import { hubConfig } from '@vigie/hub/config';
import { parseConfig } from '@vigie/shared/kit/yaml-config';
import { expect, test } from 'vitest';

const readme = readFileSync(join(dirname(dirname(import.meta.dirname)), 'README.md'), 'utf8');
const example = (name: string): string => {
  const text = [...readme.matchAll(/```yaml\n([\s\S]*?)```/g)].map((m) => m[1] as string).find((t) => t.includes(name));
  return text ?? '';
};

test('the configurations in the README are what the programs accept, and name the same destination', () => {
  const agent = parseConfig('agent.yaml', example('# agent.yaml'), agentConfig);
  const hub = parseConfig('hub.yaml', example('# hub.yaml'), hubConfig);
  expect(agent.destinations).toEqual(hub.destinations);
});
