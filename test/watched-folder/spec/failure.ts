import { chmod, readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { watchedFolderConfig } from '@vigie/agent/watched-folder/folder-config';
import type { Operation } from '@vigie/agent/watched-folder/operation';
import { describe, expect } from 'vitest';
import { line } from './line.ts';
import { passOn, recorded, yard } from './yard.ts';

const refusing: Operation = async () => ({ sound: { ok: false, reason: 'no\tsuch colour' }, results: [] });

export function failureLines(): void {
  describe('J. Failure and preserve', () => {
    line('J01', 'the reason is a line of failure.log, in a folder that is made if needed', async () => {
      const made = await yard({ failure: 'by/year/' }, { operation: refusing });
      await made.drop('a', 'a');
      await made.settle();
      const log = await readFile(made.at('failure/by/year/failure.log'), 'utf8');
      expect(log).toMatch(/^\d{4}-\d\d-\d\dT\S+Z\t\w+\ta\tno\\x09such colour\n$/);
    });

    line('J02', 'where failures go is the folder’s own setting, and nothing is made before one comes', async () => {
      const made = await yard(
        { failure: 'odd/%F/' },
        { operation: async (job, signal) => (job.name === 'bad' ? refusing : passOn)(job, signal) },
      );
      await made.drop('good', 'good');
      await made.settle();
      expect(await readdir(made.at('failure'))).toEqual([]);
      await made.drop('bad', 'bad');
      await made.settle();
      expect((await readdir(made.at('failure/odd/bad'))).sort()).toEqual(['bad', 'failure.log']);
    });

    line('J03', 'sources of failures are kept by default', async () => {
      expect(watchedFolderConfig.parse({ profile: 'aem' }).preserveOnFailure).toBe(true);
      const made = await yard({}, { operation: refusing });
      await made.drop('a', 'source');
      await made.settle();
      expect(await made.kept('failure')).toEqual({ a: 'source' });
    });

    line('J04', 'otherwise there is failure.log alone, and the sources are gone from stage', async () => {
      const made = await yard({ preserveOnFailure: false, failure: 'by/day/' }, { operation: refusing });
      await made.drop('a', 'source');
      await made.put('input/order/b', 'source');
      await made.settle();
      expect(await readdir(made.at('failure/by/day'))).toEqual(['failure.log']);
      expect(await readdir(made.at('stage'))).toEqual([]);
      expect(await made.names('input')).toEqual([]);
    });

    line('J05', 'a source goes to preserve after success, and not before', async () => {
      let before: string[] = ['?'];
      const made = await yard(
        {},
        {
          operation: async (job, signal) => {
            before = await made.names('preserve');
            return passOn(job, signal);
          },
        },
      );
      await made.drop('a', 'a');
      await made.settle();
      expect(before).toEqual([]);
      expect(await made.names('preserve')).toEqual(['a']);
    });

    line('J06', 'a read-only source is a failure, with that reason', async () => {
      const made = await yard();
      await made.put('input/order/ro', 'x');
      await chmod(made.at('input/order/ro'), 0o400);
      await made.settle();
      expect(await made.names('failure')).toEqual(['order/ro']);
      expect(await readFile(made.at('failure/failure.log'), 'utf8')).toContain('ro is read-only');
    });

    line('J07', 'a result that no folder can hold is a failure', async () => {
      const wrong: Operation = async ({ file }) => ({ sound: { ok: true }, results: [{ file, name: 'a\u0000b' }] });
      const made = await yard({ hexadecimalNames: false }, { operation: wrong });
      await made.drop('a', 'a');
      await made.settle();
      expect(await made.kept('failure')).toEqual({ a: 'a' });
      expect(await made.names('result')).toEqual([]);
    });

    line('J08', 'a folder that fails goes to failure whole, with its structure', async () => {
      const made = await yard({}, { operation: refusing });
      await made.put('input/order/a', 'a');
      await made.put('input/order/deep/er/b', 'b');
      await made.settle();
      expect(await made.kept('failure')).toEqual({ 'order/a': 'a', 'order/deep/er/b': 'b' });
      expect(
        made.books
          .held()
          .map(({ path }) => path)
          .sort(),
      ).toEqual(['order/a', 'order/deep/er/b']);
    });

    line('J09', 'one document that fails does not stop its siblings; the job fails with all reasons', async () => {
      const { operation, calls } = recorded(async (job, signal) => {
        const { document } = job.inputs.page as { document: string };
        if (basename(document) < 'c') throw new TypeError(`${basename(document)} is torn`);
        return passOn(job, signal);
      });
      const made = await yard({ inputs: { page: { variable: '*' } } }, { operation });
      for (const name of ['a', 'b', 'c', 'd']) await made.put(`input/order/${name}`, name);
      await made.settle();
      expect(calls).toHaveLength(4);
      expect(await made.names('failure')).toEqual(['order/a', 'order/b', 'order/c', 'order/d']);
      expect(await readFile(made.at('failure/failure.log'), 'utf8')).toContain('a is torn; b is torn');
      expect(await made.names('result')).toEqual([]);
    });
  });
}
