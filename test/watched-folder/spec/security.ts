import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createHttp } from '@vigie/agent/endpoints/http';
import { type OperationOf, operationConfig } from '@vigie/agent/endpoints/operation-config';
import { watchedFolderConfig } from '@vigie/agent/watched-folder/folder-config';
import type { Operation } from '@vigie/agent/watched-folder/operation';
import { describe, expect, onTestFinished } from 'vitest';
import { tempFolder, until } from '../../support/temp.ts';
import { line } from './line.ts';
import { copying, runningEndpoints } from './running-endpoints.ts';
import { yard } from './yard.ts';

export function securityLines(): void {
  describe('O. Security', () => {
    line('O01', 'a call’s credentials lie in a file of their own, never in the configuration', async () => {
      const seen: (string | undefined)[] = [];
      const server = createServer((request, response) => {
        seen.push(request.headers.authorization);
        request.resume().on('end', () => response.end());
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
      const { port } = server.address() as { port: number };
      const tokenFile = join(await tempFolder(), 'token');
      await writeFile(tokenFile, 'secret of this folder\n', { mode: 0o600 });
      const given = { type: 'http', url: `http://127.0.0.1:${port}/` };
      const operation = createHttp(operationConfig.parse({ ...given, tokenFile }) as OperationOf<'http'>);
      const made = await yard({}, { operation: operation.run });
      await made.drop('a', 'a');
      await made.settle();
      expect(seen).toEqual(['Bearer secret of this folder']);
      for (const key of ['token', 'password', 'user']) {
        expect(operationConfig.safeParse({ ...given, [key]: 'x' }).success, key).toBe(false);
      }
    });

    line('O02', 'a root that everybody may write to is refused where that is asked for', async () => {
      const { apply, at, put, names, conditionOf } = await runningEndpoints();
      for (const name of ['strict', 'mild']) {
        await put(`${name}/input/x`, 'x');
        await chmod(at(name), 0o777);
      }
      await apply([copying('strict', { strict: true }), copying('mild')]);
      await until('the mild one works', () => names('mild/result').length === 1);
      expect(conditionOf('strict')?.error).toMatchObject({ code: 'world-writable' });
      expect(names('strict')).toEqual(['input']);
    });

    line('O03', 'who may drop files is the folder’s own mode, which is left as it is', async () => {
      const folder = await tempFolder();
      await mkdir(join(folder, 'input'));
      await chmod(join(folder, 'input'), 0o2770);
      const made = await yard({}, { folder });
      await made.drop('a', 'a');
      await made.settle();
      expect((await stat(made.at('input'))).mode & 0o7777).toBe(0o2770);
    });

    line('O04', 'no pattern and no name of a result leads out of the folder', async () => {
      for (const result of ['../out/', 'a/../../b', 'a/./b', 'a\u0000b']) {
        expect(watchedFolderConfig.safeParse({ result }).success, JSON.stringify(result)).toBe(false);
      }
      for (const failure of ['/absolute/', '../'])
        expect(watchedFolderConfig.safeParse({ failure }).success).toBe(false);
      for (const name of ['../../escape', '..', 'a/../../b', '/etc/escape', 'nul\u0000']) {
        const naming: Operation = async ({ file }) => ({ sound: { ok: true }, results: [{ file, name }] });
        const made = await yard({ hexadecimalNames: false }, { operation: naming });
        await made.drop('source', 'source');
        await made.settle();
        expect(await made.names('failure'), JSON.stringify(name)).toEqual(['source']);
        expect(await made.names('result')).toEqual([]);
        expect((await readdir(made.folder)).filter((entry) => !entry.startsWith('.')).sort()).toEqual([
          'failure',
          'input',
          'preserve',
          'result',
          'stage',
        ]);
      }
    });
  });
}
