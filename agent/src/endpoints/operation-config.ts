import { duration } from '@vigie/shared/kit/duration';
import { identifier } from '@vigie/shared/protocol/asset';
import { z } from 'zod';
import { stepConfig } from '../process/step-config.ts';
import { placeFault } from '../watched-folder/place-pattern.ts';
import { templateFault } from './template.ts';

/** What an endpoint does with its files: exactly one of these. See `docs/endpoints.md`. */

/** A place below a destination or a folder, with the letters of `docs/watched-folder.md`. */
const address = z.string().superRefine((text, context) => {
  const message = placeFault(text);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});
const someTime = duration.refine((ms) => ms > 0, 'more than 0 is allowed');
/** A text with placeholders, of those that are named. */
const template = (...allowed: string[]) =>
  z
    .string()
    .max(32_768)
    .superRefine((text, context) => {
      const message = templateFault(text, allowed);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    });
const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a name of letters, digits and "_" is allowed');
/** What is done where another file has the name already. */
const conflict = z.enum(['suffix', 'replace', 'failure']).default('suffix');
const proof = z.enum(['size', 'digest']).default('size');

const pictures = z.strictObject({ type: z.literal('pictures'), steps: z.array(stepConfig).default([]) });

const deliver = z.strictObject({
  type: z.literal('deliver'),
  /** Names of configured destinations; every one must have the file before it is done. */
  destinations: z.array(identifier).min(1, 'at least one destination is needed').max(8),
  /** Below each destination's root. */
  address: address.default('%J/'),
  conflict,
  proof,
  timeLimit: someTime.default(600_000),
});

const copy = z.strictObject({
  type: z.literal('copy'),
  /** Folders that must exist; with none the original goes to result, and that is all. */
  folders: z.array(z.string().min(1)).max(8).default([]),
  /** Below each folder. */
  address: address.default(''),
  conflict,
  proof,
  timeLimit: someTime.default(600_000),
});

const exec = z.strictObject({
  type: z.literal('exec'),
  /** A path, or a name that is looked for in the PATH that the program is given. */
  program: z
    .string()
    .min(1)
    .refine((text) => !text.includes('\0'), 'a text without NUL is allowed'),
  /** One argument each; no shell reads them. */
  args: z
    .array(template('file', 'name', 'workFolder', 'input'))
    .max(1_000)
    .default([]),
  environment: z
    .strictObject({
      /** Variables of the agent's own environment that the program gets as well. */
      keep: z.array(variableName).default(['PATH', 'LANG', 'LC_ALL', 'TZ']),
      set: z.record(variableName, template('file', 'name', 'workFolder', 'input')).default({}),
    })
    .prefault({}),
  timeLimit: someTime.default(600_000),
  /** Between SIGTERM and SIGKILL. */
  killAfter: duration.default(5_000),
  /** Exit codes that say nothing about the file. 75 is EX_TEMPFAIL of sysexits.h. */
  tryAgain: z.array(z.int().min(1).max(255)).default([75]),
});

const header = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'the name of an HTTP header is allowed');

const http = z.strictObject({
  type: z.literal('http'),
  url: template('name', 'jobId', 'source').refine(
    (text) => /^https?:\/\//.test(text) && URL.canParse(text.replaceAll(/[{}]/g, '')),
    'an address that begins with http:// or https:// is allowed',
  ),
  method: z.enum(['POST', 'PUT']).default('POST'),
  headers: z.record(header, template('name', 'jobId', 'source')).default({}),
  /** Its first line is sent as `authorization: Bearer …`. */
  tokenFile: z.string().min(1).optional(),
  /** Certificates that are trusted besides the machine's. */
  caFile: z.string().min(1).optional(),
  timeLimit: someTime.default(60_000),
  /** A larger file goes to failure. */
  sizeMax: z.int().min(1).default(1_000_000_000),
  /** Further answers that say nothing about the file, beside 408, 429 and 5xx. */
  tryAgain: z.array(z.int().min(300).max(499)).default([]),
  /** What goes to result: the file, or the body of the answer. */
  result: z.enum(['original', 'answer']).default('original'),
  /** The name of an answer. */
  resultName: address
    .refine((text) => text !== '' && !text.includes('/'), 'a name without "/" is allowed')
    .default('%F.%E'),
  answerMax: z.int().min(1).default(100_000_000),
});

export const operationConfig = z.discriminatedUnion('type', [pictures, deliver, exec, http, copy], {
  error: (issue) =>
    issue.code === 'invalid_union'
      ? 'one of these types is allowed: pictures, deliver, exec, http, copy'
      : 'an operation is needed, such as { type: copy }',
});
export type OperationConfig = z.infer<typeof operationConfig>;
export type OperationOf<T extends OperationConfig['type']> = Extract<OperationConfig, { type: T }>;
