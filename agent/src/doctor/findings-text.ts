import { printable } from '@vigie/shared/kit/names';
import type { Found } from './finding.ts';

const SIGN = { ok: 'ok', mend: 'MEND', unknown: '?' } as const;
const COLOUR = { ok: 32, mend: 31, unknown: 33 } as const;

/** For a pipe: one line a finding, fields between tabs: state, area, subject, code, message, fix. */
export function asLines(found: readonly Found[]): string {
  return found.map((finding) => `${fields(finding).join('\t')}\n`).join('');
}

const fields = (finding: Found): string[] =>
  [finding.state, finding.area, finding.subject, finding.code, finding.message, fixOf(finding)].map(onOneLine);

/** For a terminal of so many columns: what has to be mended stands out, its fix on a line of its own, to be copied. */
export function asTable(found: readonly Found[], columns: number): string {
  const areaWidth = Math.max(...found.map(({ area }) => area.length), 0);
  const subjectWidth = Math.max(...found.map(({ subject }) => subject.length), 0);
  const indent = ' '.repeat(4 + 2 + areaWidth + 2 + subjectWidth + 2);
  const lines = found.map((finding) => {
    const { state, area, subject } = finding;
    const sign = `\x1b[${COLOUR[state]}m${SIGN[state].padEnd(4)}\x1b[0m`;
    const head = `${sign}  ${area.padEnd(areaWidth)}  ${printable(subject).padEnd(subjectWidth)}  `;
    const text = wrapped(onOneLine(finding.message), Math.max(30, columns - indent.length)).join(`\n${indent}`);
    const fix = fixOf(finding);
    return `${head}${text}\n${fix === '' ? '' : `${indent}\x1b[1mfix:\x1b[0m ${onOneLine(fix)}\n`}`;
  });
  return `${lines.join('')}\n${summary(found)}\n`;
}

export function asJson(found: readonly Found[]): string {
  const findings = found.map((finding) => ({
    area: finding.area,
    subject: finding.subject,
    code: finding.code,
    state: finding.state,
    message: finding.message,
    fix: finding.state === 'mend' ? finding.fix : null,
  }));
  return `${JSON.stringify({ well: found.every(({ state }) => state !== 'mend'), findings }, null, 2)}\n`;
}

function summary(found: readonly Found[]): string {
  const count = (state: Found['state']) => found.filter((finding) => finding.state === state).length;
  const [faults, unsure] = [count('mend'), count('unknown')];
  const well = faults === 0 ? 'nothing to mend' : `${faults} to mend`;
  return unsure === 0 ? well : `${well}, ${unsure} could not be told here`;
}

const fixOf = (finding: Found): string => (finding.state === 'mend' ? finding.fix : '');

const onOneLine = (text: string): string => printable(text.replace(/\s+/g, ' ').trim());

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const one of text.split(' ')) {
    const line = lines.at(-1);
    if (line === undefined || line.length + 1 + one.length > width) lines.push(one);
    else lines[lines.length - 1] = `${line} ${one}`;
  }
  return lines;
}
