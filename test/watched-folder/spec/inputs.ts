import { mkdir, rename, writeFile } from 'node:fs/promises';
import { type GivenFolderConfig, watchedFolderConfig } from '@vigie/agent/watched-folder/folder-config';
import type { Inputs } from '@vigie/agent/watched-folder/operation';
import { describe, expect } from 'vitest';
import { line } from './line.ts';
import { endpointFaults } from './running-endpoints.ts';
import { recorded, yard } from './yard.ts';

type Mapping = NonNullable<GivenFolderConfig['inputs']>;
const isTaken = (inputs: unknown) =>
  watchedFolderConfig.safeParse({ profile: 'aem', inputs: inputs as Mapping }).success;

/** The inputs of each call for one folder job with these files. */
async function calledWith(inputs: Mapping, files: readonly string[] = ['a.pdf', 'b.pdf', 'notes.txt']) {
  const { operation, calls } = recorded();
  const made = await yard({ inputs }, { operation });
  for (const path of files) await made.put(`input/order/${path}`, `content of ${path}`);
  await made.settle();
  const shortened = (path: string) => path.slice(path.indexOf('/order/') + 7);
  const paths = (value: unknown): unknown =>
    typeof value === 'string' && value.startsWith('/')
      ? shortened(value)
      : typeof value === 'object' && value !== null
        ? Array.isArray(value)
          ? value.map(paths)
          : Object.fromEntries(Object.entries(value).map(([key, one]) => [key, paths(one)]))
        : value;
  return { made, calls: calls.map((job) => paths(job.inputs) as Inputs), jobs: calls };
}

export function inputLines(): void {
  describe('E. Inputs', () => {
    line('E01', 'a file at the root of input is one job', async () => {
      const { operation, calls } = recorded();
      const made = await yard({}, { operation });
      await made.drop('a.pdf', 'a');
      await made.settle();
      expect(calls).toMatchObject([{ name: 'a.pdf', type: 'file', files: [''] }]);
    });

    line('E02', 'a folder that was built outside and moved in is one job with all its files', async () => {
      const { operation, calls } = recorded();
      const made = await yard({}, { operation });
      const outside = made.at('elsewhere');
      await mkdir(outside);
      for (const name of ['a.pdf', 'b.pdf', 'assemble.ddx']) await writeFile(`${outside}/${name}`, name);
      await rename(outside, made.at('input/order'));
      await made.settle();
      expect(calls).toMatchObject([{ name: 'order', type: 'folder', files: ['a.pdf', 'assemble.ddx', 'b.pdf'] }]);
    });

    line('E03', 'several results lie in a folder of the same name as the input folder', async () => {
      const made = await yard({ result: '%F' });
      await made.put('input/order/a.pdf', 'a');
      await made.put('input/order/deep/b.pdf', 'b');
      await made.settle();
      expect(await made.kept('result')).toEqual({ 'order/a.pdf': 'a', 'order/deep/b.pdf': 'b' });
    });

    line('E04', 'a literal becomes its type; one that cannot is refused before any file is', async () => {
      const { calls } = await calledWith({
        text: { literal: '12' },
        whole: { literal: '12', type: 'integer' },
        long: { literal: '9007199254740993', type: 'long' },
        yes: { literal: 'true', type: 'boolean' },
        number: { literal: '1.5', type: 'double' },
      });
      expect(calls).toEqual([{ text: '12', whole: 12, long: 9_007_199_254_740_993n, yes: true, number: 1.5 }]);
      expect(isTaken({ a: { literal: 'twelve', type: 'integer' } })).toBe(false);
      expect(isTaken({ a: { literal: '2147483648', type: 'integer' } })).toBe(false);
      expect(isTaken({ a: { literal: '9223372036854775808', type: 'long' } })).toBe(false);
      expect(isTaken({ a: { literal: 'yes', type: 'boolean' } })).toBe(false);
    });

    line('E05', 'a variable is a pattern: the files that match become documents', async () => {
      const { calls } = await calledWith({ ddx: { variable: '*.ddx' }, pages: { variable: '*.pdf', as: 'list' } }, [
        'a.pdf',
        'control.ddx',
      ]);
      expect(calls).toEqual([{ ddx: { document: 'control.ddx' }, pages: { list: ['a.pdf'] } }]);
    });

    line('E06', 'a document and *.pdf: one call for each file that matches', async () => {
      const { calls } = await calledWith({ page: { variable: '*.pdf', as: 'document' } });
      expect(calls).toEqual([{ page: { document: 'a.pdf' } }, { page: { document: 'b.pdf' } }]);
    });

    line('E07', 'a map and *.pdf: one call with documents by name', async () => {
      const { calls } = await calledWith({ pages: { variable: '*.pdf', as: 'map' } });
      expect(calls).toEqual([{ pages: { map: { 'a.pdf': 'a.pdf', 'b.pdf': 'b.pdf' } } }]);
    });

    line('E08', 'a list and *.pdf: one call with the list', async () => {
      const { calls } = await calledWith({ pages: { variable: '*.pdf', as: 'list' } });
      expect(calls).toEqual([{ pages: { list: ['a.pdf', 'b.pdf'] } }]);
    });

    line('E09', 'a string is a literal, or the content of the file that a variable names', async () => {
      const { calls } = await calledWith({ title: { literal: 'Order' }, note: { variable: '*.txt', as: 'text' } });
      expect(calls).toEqual([{ title: 'Order', note: 'content of notes.txt' }]);
    });

    line('E10', 'a number, a truth value or a date is a literal alone', () => {
      for (const type of ['integer', 'long', 'double', 'boolean', 'date']) {
        expect(isTaken({ a: { variable: '*.txt', type } }), type).toBe(false);
      }
      expect(isTaken({ a: { literal: 3, type: 'integer' } })).toBe(true);
    });

    line('E11', 'a variable that is to be anything but documents is a configuration error', () => {
      expect(isTaken({ a: { variable: '*', as: 'integer' } })).toBe(false);
      expect(isTaken({ a: { variable: '*', literal: 'x' } })).toBe(false);
      for (const as of ['document', 'list', 'map', 'text']) expect(isTaken({ a: { variable: '*', as } })).toBe(true);
    });

    line(
      'E12',
      'the inputs that an operation takes are those its arguments name; one without a mapping is refused',
      () => {
        const exec = (inputs: Mapping) => ({
          name: 'a',
          path: 'a',
          operation: {
            type: 'exec',
            program: 'true',
            args: ['-t={input:title}', '{input:pages}'],
            environment: { set: { NOTE: '{input:note}' } },
          },
          settings: { inputs },
        });
        const all = {
          title: { literal: 'Order' },
          pages: { variable: '*.pdf', as: 'list' as const },
          note: { variable: '*.txt', as: 'text' as const },
        };
        expect(endpointFaults(exec(all))).toEqual([]);
        expect(endpointFaults(exec({ title: all.title }))).toEqual([
          'operation.args.1: no input has the name "pages"; allowed: title',
          'operation.environment.set.NOTE: no input has the name "note"; allowed: title',
        ]);
      },
    );

    line('E13', 'parameters of all types, single or several, reach the operation frozen', async () => {
      const { calls, jobs } = await calledWith({
        'param.flag': { literal: true, type: 'boolean' },
        'param.day': { literal: '2026-07-01', type: 'date' },
        'param.exact': { literal: '0.10', type: 'decimal' },
        'param.half': { literal: '0.5', type: 'double' },
        'param.double-without-point': { literal: '5', type: 'double' },
        'param.long': { literal: 5, type: 'long' },
        'param.text': { literal: 'x' },
        'param.several': { literal: ['1', '2'], type: 'integer' },
      });
      expect(calls).toEqual([
        {
          'param.flag': true,
          'param.day': '2026-07-01T00:00:00.000Z',
          'param.exact': '0.10',
          'param.half': 0.5,
          'param.double-without-point': 5n,
          'param.long': 5n,
          'param.text': 'x',
          'param.several': { values: [1, 2] },
        },
      ]);
      const inputs = jobs[0]?.inputs as Record<string, unknown>;
      expect(() => {
        inputs['param.text'] = 'y';
      }).toThrow(TypeError);
      const several = inputs['param.several'] as { values: number[] };
      expect(() => several.values.push(3)).toThrow(TypeError);
      const each = await calledWith({ page: { variable: '*.pdf' }, 'param.text': { literal: 'x' } });
      expect(each.jobs.map((job) => Object.isFrozen(job.inputs))).toEqual([true, true]);
    });
  });
}
