import type { InputValue, OperationJob } from '../watched-folder/operation.ts';
import { filled, type Placeholder, wholePlaceholder } from './template.ts';

/** The arguments of a program for one job; or why this job has none that are safe. */
export type Arguments = { args: string[] } | { fault: string };

/**
 * Puts a job into the arguments. A placeholder that is a whole argument may become several (a list, a map). No file name and no text
 * can become an option: `{file}` is an absolute path, a `{name}` at the beginning of an argument that begins with `-` is
 * written as `./-…`, and a text that would begin an argument with `-` is refused, unless `--` stands before it.
 */
export function argumentsOf(templates: readonly string[], job: OperationJob, workFolder: string): Arguments {
  const args: string[] = [];
  let endOfOptions = false;
  for (const [index, template] of templates.entries()) {
    const whole = wholePlaceholder(template);
    const several = whole?.word === 'input' ? severalOf(job.inputs[whole.of as string]) : undefined;
    if (several) {
      const texts = several.filter((one) => typeof one === 'string');
      if (texts.some((text) => text.includes('\0') || (text.startsWith('-') && !endOfOptions))) {
        return { fault: `argument ${index + 1}: a text has a NUL, or begins with "-" and would be read as an option` };
      }
      args.push(...several.map(String));
      continue;
    }
    const faults: string[] = [];
    const told = (placeholder: Placeholder) => textOf(placeholder, job, workFolder, faults);
    const text = filled(template, told);
    const first = /^\{([A-Za-z]+)/.exec(template)?.[1];
    if (faults.length > 0) return { fault: `argument ${index + 1}: ${faults[0]}` };
    if (text.includes('\0')) return { fault: `argument ${index + 1}: it has a NUL, which no argument can have` };
    if (endOfOptions || first === undefined || !text.startsWith('-') || isNumber(whole, job)) args.push(text);
    else if (first === 'name') args.push(`./${text}`);
    else return { fault: `argument ${index + 1}: the text begins with "-" and would be read as an option` };
    endOfOptions ||= template === '--';
  }
  return { args };
}

/** The variables that are set for the program; a value is never read as anything but a value. */
export function variablesOf(
  set: Readonly<Record<string, string>>,
  job: OperationJob,
  workFolder: string,
): { variables: Record<string, string> } | { fault: string } {
  const faults: string[] = [];
  const variables = Object.fromEntries(
    Object.entries(set).map(([name, template]) => {
      const text = filled(template, (placeholder) => textOf(placeholder, job, workFolder, faults));
      if (text.includes('\0')) faults.push(`variable ${name}: it has a NUL, which no variable can have`);
      return [name, text];
    }),
  );
  return faults.length > 0 ? { fault: faults[0] as string } : { variables };
}

function textOf({ word, of }: Placeholder, job: OperationJob, workFolder: string, faults: string[]): string {
  if (word === 'file') return job.file;
  if (word === 'name') return job.name;
  if (word === 'workFolder') return workFolder;
  const value = job.inputs[of as string];
  if (value === undefined) faults.push(`no input has the name ${JSON.stringify(of)}; ${named(job)}`);
  else if (typeof value !== 'object') return String(value);
  else if ('document' in value) return value.document;
  else faults.push(`input ${JSON.stringify(of)} is several; they take an argument of their own: "{input:${of}}"`);
  return '';
}

function severalOf(value: InputValue | undefined): readonly (string | number | bigint | boolean)[] | undefined {
  if (typeof value !== 'object' || 'document' in value) return undefined;
  if ('values' in value) return value.values;
  return 'list' in value ? value.list : Object.values(value.map);
}

function isNumber(whole: Placeholder | undefined, { inputs }: OperationJob): boolean {
  const value = whole?.of === undefined ? undefined : inputs[whole.of];
  return typeof value === 'number' || typeof value === 'bigint';
}

const named = ({ inputs }: OperationJob): string => {
  const names = Object.keys(inputs);
  return names.length > 0 ? `there are ${names.join(', ')}` : 'the settings of the endpoint have no "inputs"';
};
