import { VigieError } from '@vigie/shared/kit/errors';
import { z } from 'zod';
import { listFault, matcherOf } from './glob.ts';
import type { Inputs, InputValue } from './operation.ts';

/**
 * What an operation is given besides the job's file, by name: literals, converted to a type, and variables, which are patterns for
 * the job's files. Source: AEM Forms, "Configuring Watched Folder Endpoints", input parameter mappings.
 */
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const literal = z.strictObject({
  /** One value, or several of one type. */
  literal: z.union([scalar, z.array(scalar).min(1).max(1_000)]),
  type: z.enum(['string', 'integer', 'long', 'double', 'decimal', 'boolean', 'date']).default('string'),
});
type Literal = z.infer<typeof literal>;
const variable = z.strictObject({
  variable: z.string().superRefine((text, context) => {
    const message = listFault(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  }),
  /** `document`: one call a file. `list`, `map`: one call with all of them. `text`: the content of the one file. */
  as: z.enum(['document', 'list', 'map', 'text']).default('document'),
});
export const inputsConfig = z
  .record(
    z.string().regex(/^[A-Za-z][\w.-]*$/, 'a name of letters, digits, ".", "_" and "-" is allowed'),
    z.union([literal, variable]),
  )
  .superRefine((inputs, context) => {
    for (const [name, input] of Object.entries(inputs)) {
      if (!('literal' in input)) continue;
      try {
        convert(name, input);
      } catch (error) {
        context.addIssue({ code: 'custom', path: [name, 'literal'], message: (error as Error).message });
      }
    }
    const documents = Object.values(inputs).filter((input) => 'variable' in input && input.as === 'document');
    if (documents.length > 1) {
      context.addIssue({
        code: 'custom',
        message:
          'more than one variable is a "document"; one is allowed, since the operation is called once for each of its files',
      });
    }
  });
export type InputsConfig = z.infer<typeof inputsConfig>;

/** A file of a job: its path below the job's folder (its name, for a file job), and where it lies. */
export type JobFile = { path: string; file: string };

/**
 * The calls that a job makes of its operation: one, or one a file where a variable is a `document`. Throws `mapping` (for good)
 * where a variable finds no file, or more than one for a text.
 *
 * @param readText the content of a file as UTF-8 text
 */
export async function callsOf(
  mapping: InputsConfig,
  files: readonly JobFile[],
  readText: (file: string) => Promise<string>,
): Promise<Inputs[]> {
  const common: Record<string, InputValue> = {};
  let each: { name: string; found: JobFile[] } | undefined;
  for (const [name, input] of Object.entries(mapping)) {
    if ('literal' in input) {
      common[name] = convert(name, input);
      continue;
    }
    const matches = matcherOf(input.variable);
    const found = files.filter(({ path }) => matches(path.slice(path.lastIndexOf('/') + 1)));
    if (found.length === 0) throw fault(name, `no file of the job matches ${JSON.stringify(input.variable)}`);
    if (input.as === 'document') each = { name, found };
    else if (input.as === 'list') common[name] = { list: Object.freeze(found.map(({ file }) => file)) };
    else if (input.as === 'map') {
      common[name] = { map: Object.freeze(Object.fromEntries(found.map(({ path, file }) => [path, file]))) };
    } else {
      if (found.length > 1)
        throw fault(name, `${found.length} files match ${JSON.stringify(input.variable)}; a text is one file`);
      common[name] = await readText((found[0] as JobFile).file);
    }
  }
  if (!each) return [Object.freeze(common)];
  const { name, found } = each;
  return found.map(({ file }) => Object.freeze({ ...common, [name]: { document: file } }));
}

function convert(name: string, { literal: given, type }: Literal): InputValue {
  if (!Array.isArray(given)) return converted(name, given, type);
  return { values: Object.freeze(given.map((one) => converted(name, one, type))) };
}

function converted(
  name: string,
  given: z.infer<typeof scalar>,
  type: Literal['type'],
): string | number | bigint | boolean {
  const text = String(given).trim();
  const no = (allowed: string) => fault(name, `${JSON.stringify(given)} is no ${type}; ${allowed} is allowed`);
  if (type === 'string') return String(given);
  if (type === 'boolean') {
    if (text !== 'true' && text !== 'false') throw no('true or false');
    return text === 'true';
  }
  if (type === 'date') {
    const at = Date.parse(text);
    if (Number.isNaN(at)) throw no('a date such as 2026-07-01T12:00:00Z');
    return new Date(at).toISOString();
  }
  // No number holds every decimal fraction: it stays as it is written.
  if (type === 'decimal') {
    if (!/^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(text)) throw no('a number such as 0.10');
    return text;
  }
  if (type === 'double' && text.includes('.')) {
    if (!/^[+-]?(\d+\.\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) throw no('a number such as 1.5');
    return Number(text);
  }
  // A double without a decimal point is a long.
  if (!/^[+-]?\d+$/.test(text)) throw no('a whole number');
  const value = BigInt(text);
  const bits = type === 'integer' ? 32 : 64;
  if (BigInt.asIntN(bits, value) !== value) throw no(`a whole number of ${bits} bits`);
  return type === 'integer' ? Number(value) : value;
}

function fault(name: string, what: string): VigieError {
  return new VigieError('mapping', `give the operation ${JSON.stringify(name)}: ${what}`);
}
