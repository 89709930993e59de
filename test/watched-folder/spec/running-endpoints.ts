import { existsSync, readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { planOf } from '@vigie/agent/endpoints/changes';
import { type EndpointsFile, endpointsFileIn } from '@vigie/agent/endpoints/endpoints-file';
import { realPath } from '@vigie/agent/endpoints/real-path';
import { messageOf } from '@vigie/shared/kit/errors';
import { startEndpoints } from '../../agent/endpoints/running.ts';

type Given = Record<string, unknown>;

/** A file of endpoints as it is read; throws where it is refused. */
export const readEndpoints = (file: Given, folder = '/srv/watch'): EndpointsFile =>
  endpointsFileIn(folder, realPath).parse(file);

/** What is wrong with one endpoint, as "key: message"; empty when nothing is. */
export function endpointFaults(own: Given): string[] {
  const parsed = endpointsFileIn('/srv/watch', realPath).safeParse({ endpoints: [own] });
  return (parsed.error?.issues ?? []).map(({ path, message }) => `${path.slice(2).join('.')}: ${message}`);
}

/** An endpoint that keeps what it is given. */
export const copying = (name: string, more: Given = {}): Given => ({
  name,
  path: name,
  operation: { type: 'copy' },
  ...more,
});

/** Endpoints at work on a real disk, at short intervals; each `apply` is a new configuration. */
export async function runningEndpoints() {
  const { folder, endpoints, conditionOf } = await startEndpoints();
  const settings = {
    profile: 'aem',
    interval: '60ms',
    settleTime: '60ms',
    result: '',
    preserve: null,
    failure: '',
    durable: false,
  };
  return {
    folder,
    at: (path: string) => join(folder, path),
    apply: (list: readonly Given[], tags: readonly string[] = []) =>
      endpoints.apply(planOf(readEndpoints({ defaults: { settings }, endpoints: list }, folder), tags)),
    conditionOf,
    async put(path: string, content: string) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
    },
    names: (path: string) => (existsSync(join(folder, path)) ? readdirSync(join(folder, path)).sort() : []),
  };
}

/** The message of what a call throws; undefined when it does not. */
export function refusal(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
