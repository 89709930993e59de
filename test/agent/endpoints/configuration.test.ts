import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { changesOf, planOf } from '@vigie/agent/endpoints/changes';
import { type EndpointsFile, endpointsFileIn } from '@vigie/agent/endpoints/endpoints-file';
import { realPath } from '@vigie/agent/endpoints/real-path';
import { messageOf } from '@vigie/shared/kit/errors';
import { parseConfig } from '@vigie/shared/kit/yaml-config';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../../support/temp.ts';

const read = (text: string, folder = '/srv/watch'): EndpointsFile =>
  parseConfig('folder.yaml', text, endpointsFileIn(folder, realPath));
const faultsOf = (text: string, folder?: string): string[] => {
  try {
    read(text, folder);
    return [];
  } catch (error) {
    return messageOf(error).split('\n');
  }
};
const endpoint = (name: string, rest = ''): string => `
  - name: ${name}
    path: ${name}
    operation: { type: copy }${rest === '' ? '' : `\n    ${rest}`}`;

describe('defaults', () => {
  const text = (defaults: string) => `
defaults: ${defaults}
endpoints:
  - name: own
    path: own
    operation: { type: copy }
    settings: { waitTime: 7s }
  - name: common
    path: common`;

  test('A01, A02: they hold for every endpoint, an own value comes first, and a change of them changes those that have no own', () => {
    const common =
      '{ zone: Europe/Paris, operation: { type: exec, program: "true" }, settings: { waitTime: 5s, batchSize: 3 } }';
    const before = read(text(common));
    expect(
      before.endpoints.map(({ zone, operation, settings }) => [
        zone,
        operation.type,
        settings.waitTime,
        settings.batchSize,
      ]),
    ).toEqual([
      ['Europe/Paris', 'copy', 7_000, 3],
      ['Europe/Paris', 'exec', 5_000, 3],
    ]);
    const after = read(text(common.replace('waitTime: 5s', 'waitTime: 6s')));
    expect(changesOf(planOf(before, []), planOf(after, []))).toEqual({
      created: [],
      changed: ['common'],
      removed: [],
      unchanged: ['own'],
    });
  });

  test('their faults are told once, with their own line', () => {
    expect(faultsOf(text('{ operation: { type: copy }, settings: { waitTime: 5, batchSise: 3 } }'))).toEqual([
      'folder.yaml:2: defaults.settings.waitTime: Invalid input: expected string, received number',
      'folder.yaml:2: defaults.settings.batchSise: no such key is allowed here',
    ]);
    expect(faultsOf(text('{ name: a, operation: { type: copy } }'))).toEqual([
      'folder.yaml:2: defaults.name: every endpoint has its own; other keys of an endpoint are allowed here',
    ]);
  });
});

test('A03 to A07, A19: what an endpoint must have, with file, line, key and what is allowed', () => {
  const faults = faultsOf(`
endpoints:
  - path: a
    operation: { type: copy }
  - name: ''
    path: b
    operation: { type: copy }
  - name: <script>
    path: c
    operation: { type: copy }
  - name: http://host/a b
    path: d
    operation: { type: copy }
  - name: e
    description: <b>
    operation: { type: copy }
  - name: f
    path: f
  - name: g
    path: g
    operation: { type: convert }
  - name: h
    path: h
    operation: { type: copy }
    settings: { path: elsewhere }`);
  const allowed = 'a name of 1 to 64 letters, digits, "_" and "-" is allowed, which begins with a letter or digit';
  expect(faults).toEqual([
    'folder.yaml:3: endpoints.0.name: a name is needed',
    `folder.yaml:5: endpoints.1.name: ${allowed}`,
    `folder.yaml:8: endpoints.2.name: ${allowed}`,
    `folder.yaml:11: endpoints.3.name: ${allowed}`,
    'folder.yaml:15: endpoints.4.description: a text without "<" is allowed',
    'folder.yaml:14: endpoints.4.path: the path of a folder is needed',
    'folder.yaml:17: endpoints.5.operation: an operation is needed, such as { type: copy }',
    'folder.yaml:21: endpoints.6.operation.type: one of these types is allowed: pictures, deliver, exec, http, copy',
    'folder.yaml:25: endpoints.7.settings.path: the path is a key of the endpoint itself',
  ]);
});

test('names are taken once, destinations must exist, paths are meant from the file', () => {
  expect(faultsOf(`endpoints:${endpoint('a')}${endpoint('a')}`)).toContain(
    'folder.yaml:5: endpoints.1.name: the name "a" is taken; another one is allowed',
  );
  const deliver = (destination: string) => `
destinations: [{ name: disk, type: directory, root: disk }]
endpoints:
  - { name: a, path: a, operation: { type: deliver, destinations: [${destination}] } }`;
  expect(faultsOf(deliver('other'))).toEqual([
    'folder.yaml:4: endpoints.0.operation.destinations.0: no destination has the name "other"; allowed: disk',
  ]);
  const { dataFolder, destinations, endpoints } = read(deliver('disk'));
  expect([dataFolder, destinations[0]?.root, endpoints[0]?.path]).toEqual([
    '/srv/watch/.vigie-endpoints',
    '/srv/watch/disk',
    '/srv/watch/a',
  ]);
  const { endpoints: programs } = read(`
endpoints:
  - { name: a, path: a, operation: { type: exec, program: ./convert, args: [path], environment: { set: { path: x } } } }
  - { name: b, path: b, operation: { type: exec, program: convert } }
  - { name: c, path: c, operation: { type: copy, folders: [out] } }`);
  expect(programs.map(({ operation }) => operation)).toMatchObject([
    { program: '/srv/watch/convert', args: ['path'], environment: { set: { path: 'x' } } },
    { program: 'convert' },
    { folders: ['/srv/watch/out'] },
  ]);
});

test('an endpoint takes any file unless it says otherwise; one for pictures takes pictures', () => {
  const { endpoints } = read(`
endpoints:${endpoint('any')}${endpoint('own', 'settings: { include: "*.pdf" }')}
  - { name: pictures, path: p, operation: { type: pictures } }`);
  const [any, own, pictures] = endpoints.map(({ settings }) => settings.include);
  expect([any, own]).toEqual(['*', '*.pdf']);
  expect(pictures).toContain('*.jpg');
});

test('A18, A20: what is not enabled, or has other tags than the agent, does not run', () => {
  const file = read(`endpoints:${endpoint('a')}${endpoint('b', 'enabled: false')}${endpoint('c', 'tags: [publish]')}`);
  const names = (tags: string[]) => planOf(file, tags).map(({ name }) => name);
  expect([names([]), names(['publish']), names(['author'])]).toEqual([['a', 'c'], ['a', 'c'], ['a']]);
});

describe('changes', () => {
  const plan = (text: string) => planOf(read(text), []);
  test('A11: created, changed, removed and unchanged; a description changes nothing that runs', () => {
    const before = plan(`endpoints:${endpoint('a')}${endpoint('b')}${endpoint('c')}${endpoint('d')}`);
    const after = plan(
      `endpoints:${endpoint('e')}${endpoint('d', 'enabled: false')}${endpoint('c', 'settings: { batchSize: 3 }')}${endpoint('a', 'description: new')}`,
    );
    expect(changesOf(before, after)).toEqual({ created: ['e'], changed: ['c'], removed: ['b', 'd'], unchanged: ['a'] });
    expect(changesOf(after, after)).toEqual({ created: [], changed: [], removed: [], unchanged: ['e', 'c', 'a'] });
  });
  test('a destination that changes changes the endpoints that deliver to it', () => {
    const text = (root: string) => `
destinations: [{ name: one, type: directory, root: ${root} }, { name: two, type: directory, root: same }]
endpoints:
  - { name: a, path: a, operation: { type: deliver, destinations: [one] } }
  - { name: b, path: b, operation: { type: deliver, destinations: [two] } }`;
    expect(changesOf(plan(text('x')), plan(text('y')))).toMatchObject({ changed: ['a'], unchanged: ['b'] });
  });
});

describe('chains', () => {
  const chained = (places: Record<string, string>, more = '') =>
    `endpoints:${Object.entries(places)
      .map(([name, result]) => endpoint(name, `settings: { result: ${result} }`))
      .join('')}${more}`;

  test('Q01: a chain that ends is allowed, also with dates and branches', () => {
    expect(faultsOf(chained({ a: '/srv/watch/b/input/', b: '/srv/watch/c/input/%Y%M%D/', c: "''" }))).toEqual([]);
    expect(faultsOf(chained({ a: '/srv/watch/c/input/', b: '/srv/watch/c/input/', c: '/srv/out/%J/' }))).toEqual([]);
  });

  test('Q04: a loop of any length is refused, and named', () => {
    expect(faultsOf(chained({ a: '/srv/watch/a/input/' }))).toEqual([
      'folder.yaml:2: endpoints.0: chained in a loop (a → a), beginning with its result: a chain that ends is allowed',
    ]);
    const long = chained({
      x: '/srv/watch/a/input/',
      a: '/srv/watch/b/input/',
      b: '/srv/watch/c/input/',
      c: '/srv/watch/a/input/',
    });
    expect(faultsOf(long)).toEqual([
      'folder.yaml:6: endpoints.1: chained in a loop (a → b → c → a), beginning with its result: a chain that ends is allowed',
    ]);
  });

  test('a loop is found through letters, preserve, copies and deliveries', () => {
    expect(faultsOf(chained({ a: '/srv/watch/%F/input/' }))).toHaveLength(1);
    expect(faultsOf(chained({ a: '/srv/watch/%J/input/%Y/' }))).toHaveLength(1);
    expect(faultsOf(chained({ a: '/srv/watch/%Y/input/' }))).toEqual([]);
    expect(faultsOf(chained({ '"2026"': '/srv/watch/%Y/input/' }))).toHaveLength(1);
    expect(faultsOf(`endpoints:${endpoint('a', 'settings: { preserve: /srv/watch/a/input/ }')}`)[0]).toContain(
      'its preserve',
    );
    const copy = (folder: string) =>
      `endpoints: [{ name: a, path: a, operation: { type: copy, folders: [${folder}] } }]`;
    expect(faultsOf(copy('a/input'))[0]).toContain('its copy');
    expect(faultsOf(copy('a'))).toEqual([]);
    const deliver = `
destinations: [{ name: disk, type: directory, root: a }]
endpoints: [{ name: a, path: a, operation: { type: deliver, destinations: [disk], address: 'input/' } }]`;
    expect(faultsOf(deliver)[0]).toContain('its deliver');
  });

  test('a loop is found through symbolic links', async () => {
    const folder = realPath(await tempFolder());
    mkdirSync(join(folder, 'a/input'), { recursive: true });
    symlinkSync(join(folder, 'a'), join(folder, 'other'));
    expect(faultsOf(chained({ a: join(folder, 'other/input/') }), folder)).toHaveLength(1);
    symlinkSync(join(folder, 'a/input'), join(folder, 'drop'));
    expect(faultsOf(chained({ b: join(folder, 'drop/%Y/'), a: join(folder, 'b/input/') }), folder)[0]).toContain(
      'b → a → b',
    );
  });

  test('Q02: a folder in the result folder of another is a chain; in its input or stage it is refused', () => {
    const nested = (path: string, intake: string) => `
endpoints:${endpoint('a', "settings: { result: '' }")}
  - { name: b, path: ${path}, operation: { type: copy }, settings: { intake: ${intake} } }`;
    expect(faultsOf(nested('a/result', 'root'))).toEqual([]);
    expect(faultsOf(nested('a/input', 'input'))).toEqual([
      `folder.yaml:7: endpoints.1.path: its folder is below the input of "a"; a folder of its own is allowed`,
    ]);
    expect(faultsOf(nested('a', 'input'))).toEqual([
      'folder.yaml:7: endpoints.1.path: its folder is that of "a"; a folder of its own is allowed',
    ]);
  });
});
