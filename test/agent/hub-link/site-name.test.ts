import { agentConfig } from '@vigie/agent/config';
import { expect, test } from 'vitest';

test('a site may not have the hub’s name: what is said below it would be taken for the hub’s', () => {
  const config = (site: string) => ({ site, device: 'cam-1', dataFolder: '/tmp/a', sources: [] });
  const faults = (site: string) =>
    agentConfig.safeParse(config(site)).error?.issues.map(({ path, message }) => [path, message]);
  expect(faults('hub')).toContainEqual([['site'], 'the hub has this name; another one is allowed']);
  expect(faults('hub-1') ?? []).not.toContainEqual([['site'], expect.anything()]);
});
