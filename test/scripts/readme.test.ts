import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { agentConfig } from '@vigie/agent/config';
import { hubConfig } from '@vigie/hub/config';
import { parseConfig } from '@vigie/shared/kit/yaml-config';
import { expect, test } from 'vitest';

const root = dirname(dirname(import.meta.dirname));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const example = (name: string): string => {
  const text = [...readme.matchAll(/```yaml\n([\s\S]*?)```/g)].map((m) => m[1] as string).find((t) => t.includes(name));
  return text ?? '';
};

test('the configurations in the README are what the programs accept, and name the same destination', () => {
  const agent = parseConfig('agent.yaml', example('# agent.yaml'), agentConfig);
  const hub = parseConfig('hub.yaml', example('# hub.yaml'), hubConfig);
  expect(agent.destinations).toMatchObject(hub.destinations);
});

test.each(['agent', 'hub'])('the README names every command of vigie-%s', (program) => {
  const help = execFileSync(join(root, 'node_modules', '.bin', `vigie-${program}`), ['--help'], { encoding: 'utf8' });
  const commands = [...help.matchAll(/^ {2}([a-z][a-z-]*) {2,}\S/gm)].map(([, name]) => name);
  expect(commands.length).toBeGreaterThan(1);
  for (const command of commands) expect(readme).toContain(`\`vigie-${program} ${command} `);
});
