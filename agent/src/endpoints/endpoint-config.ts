import { isZone } from '@vigie/shared/kit/zone';
import { z } from 'zod';
import { type WatchedFolderConfig, watchedFolderConfig } from '../watched-folder/folder-config.ts';
import { type OperationConfig, operationConfig } from './operation-config.ts';
import { inputsNamedIn } from './template.ts';

/** Names of endpoints are also folder names (`%J`) and keys of the books. */
export const endpointName = z
  .string({ error: 'a name is needed' })
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/,
    'a name of 1 to 64 letters, digits, "_" and "-" is allowed, which begins with a letter or digit',
  );

const tag = z.string().regex(/^[a-z0-9-]{1,32}$/, '1 to 32 characters of a-z, 0-9 and - are allowed');
export const tagList = z.array(tag).max(32);

/** One watched folder with its operation. See `docs/endpoints.md`. */
export const endpointConfig = z
  .strictObject({
    name: endpointName,
    description: z
      .string()
      .max(1_000)
      .refine((text) => !text.includes('<'), 'a text without "<" is allowed')
      .default(''),
    /** The root, with input, stage, result, preserve and failure below it; made where it is missing. */
    path: z.string({ error: 'the path of a folder is needed' }).min(1, 'the path of a folder is needed'),
    enabled: z.boolean().default(true),
    /** Runs only on agents that have one of them; with none, on all. */
    tags: tagList.default([]),
    /** IANA zone in which names and patterns tell time. */
    zone: z.string().refine(isZone, 'an IANA time zone is allowed, such as Europe/Paris').default('UTC'),
    /** A root that everybody may write to is refused; else it is told in the log. */
    strict: z.boolean().default(false),
    operation: operationConfig,
    settings: z.unknown().optional(),
  })
  .transform(({ settings, ...own }, context) => {
    const parsed = watchedFolderConfig.safeParse(withOwnDefaults(settings, own.operation));
    if (parsed.success && parsed.data.path === undefined) {
      const missing = missingInputs(own.operation, parsed.data);
      for (const issue of missing) context.addIssue({ code: 'custom', ...issue });
      return missing.length > 0 ? z.NEVER : { ...own, settings: parsed.data };
    }
    const issues = parsed.error?.issues ?? [
      { code: 'custom' as const, path: ['path'], message: 'the path is a key of the endpoint itself' },
    ];
    for (const issue of issues) addIssue(context, issue, ['settings']);
    return z.NEVER;
  });

export type EndpointConfig = {
  name: string;
  description: string;
  path: string;
  enabled: boolean;
  tags: string[];
  zone: string;
  strict: boolean;
  operation: OperationConfig;
  settings: WatchedFolderConfig;
};

/**
 * Endpoints take any file; those for pictures, and those that name a profile, take what the profile takes. An operation has a time limit of
 * its own, which tells what an excess means; the folder's is there for an operation that does not keep it.
 */
function withOwnDefaults(settings: unknown, operation: OperationConfig): unknown {
  const given = settings ?? {};
  if (typeof given !== 'object' || Array.isArray(given) || operation.type === 'pictures') return given;
  return { ...('profile' in given ? {} : { include: '*' }), timeLimit: '1d', ...given };
}

/** What a program's arguments and variables name is what its endpoint has to map. */
function missingInputs(
  operation: OperationConfig,
  { inputs }: WatchedFolderConfig,
): { path: PropertyKey[]; message: string }[] {
  if (operation.type !== 'exec') return [];
  const texts: [path: PropertyKey[], text: string][] = [
    ...operation.args.map((text, index): [PropertyKey[], string] => [['operation', 'args', index], text]),
    ...Object.entries(operation.environment.set).map(([name, text]): [PropertyKey[], string] => [
      ['operation', 'environment', 'set', name],
      text,
    ]),
  ];
  return texts.flatMap(([path, text]) =>
    inputsNamedIn(text)
      .filter((name) => !Object.hasOwn(inputs, name))
      .map((name) => ({
        path,
        message: `no input has the name ${JSON.stringify(name)}; allowed: ${Object.keys(inputs).join(', ') || '(the settings have no "inputs")'}`,
      })),
  );
}

/** Passes an issue of a schema on that was used inside of another one. */
export function addIssue(context: z.RefinementCtx, issue: z.core.$ZodIssue, before: PropertyKey[]): void {
  context.issues.push({ ...issue, path: [...before, ...issue.path] } as z.core.$ZodRawIssue);
}
