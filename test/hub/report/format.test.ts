import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { bytesOf, nameOf } from '@vigie/shared/kit/names';
import type { Unmatched } from '@vigie/shared/protocol/report';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createComparison } from '../../../hub/src/report/compare.ts';
import {
  CSV_HEADER,
  combinedBytes,
  combinedLine,
  csvLine,
  ndjsonLine,
  reportDocument,
} from '../../../hub/src/report/format.ts';
import { summaryText } from '../../../hub/src/report/summary.ts';
import { tempFolder } from '../../support/temp.ts';

const HOSTILE = [
  'plain.jpg',
  'two words.jpg',
  'line\nbreak.jpg',
  'return\r\n.jpg',
  'quote".jpg',
  'comma,semi;tab\t.jpg',
  '=cmd|calc!A1',
  '+1',
  '-2',
  '@sum',
  '\tleading tab',
  ' leading and trailing ',
  '<img onerror=alert(1)>.jpg',
  '\u001b[2J\u001b]0;title\u0007.jpg',
  'c1\u0085\u009b31m.jpg',
  nameOf(Buffer.from([0x69, 0x6e, 0x76, 0xff, 0xfe])),
  'é E\u0301 日本 😀',
  'x'.repeat(255),
];
const missing = (path: string): Unmatched => ({
  class: 'missing',
  path,
  sourceSize: 10,
  destinationSize: null,
  cause: 'not at the destination',
  action: 'copy-by-hand',
});

describe('ndjson', () => {
  it('gives one parseable line an asset, with nothing of the name lost', () => {
    for (const path of HOSTILE) {
      const line = ndjsonLine(missing(path));
      expect(line.indexOf('\n')).toBe(line.length - 1);
      expect(JSON.parse(Buffer.from(line, 'utf8').toString('utf8'))).toEqual(missing(path));
    }
  });
});

describe('csv', () => {
  it('has a header and empty fields for sizes that are not there', () => {
    expect(CSV_HEADER).toBe('class,path,source size,destination size,cause,action\r\n');
    expect(csvLine(missing('20261123/a.jpg'))).toBe(
      'missing,20261123/a.jpg,10,,not at the destination,copy-by-hand\r\n',
    );
    expect(csvLine({ ...missing('a'), class: 'extra', sourceSize: null, destinationSize: 0 })).toContain('extra,a,,0,');
  });

  it('survives a reader of RFC 4180, for every name', () => {
    const name = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary', minLength: 1 }));
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 5 }), (paths) => {
        const records = parseCsv(CSV_HEADER + paths.map((path) => csvLine(missing(path))).join(''));
        expect(records[0]).toEqual(['class', 'path', 'source size', 'destination size', 'cause', 'action']);
        expect(records.slice(1).map((fields) => fields[1]?.replace(/^\.\//, ''))).toEqual(
          paths.map((path) => path.replace(/^\.\//, '')),
        );
        for (const fields of records) expect(fields).toHaveLength(6);
      }),
    );
  });

  it('lets no field begin as a formula', () => {
    for (const path of [...HOSTILE, '＝full width']) {
      const fields = parseCsv(csvLine({ ...missing(path), cause: path }))[0] as string[];
      for (const text of fields) expect(text).not.toMatch(/^[=+\-@\t\r＝＋－＠]/u);
    }
  });
});

describe('combined', () => {
  it('has the sign of each class', () => {
    const line = (name: Parameters<typeof combinedLine>[0]) => combinedLine(name, 'a b.jpg');
    expect(
      ['matched', 'missing', 'extra', 'differing', 'corrupt', 'unreadable'].map((name) => line(name as 'missing')),
    ).toEqual(['= a b.jpg\n', '+ a b.jpg\n', '- a b.jpg\n', '* a b.jpg\n', '* a b.jpg\n', '! a b.jpg\n']);
  });

  it('writes hostile names byte for byte as rclone does, one a line', async () => {
    const folder = await tempFolder();
    await mkdir(`${folder}/left`);
    await mkdir(`${folder}/right`);
    const quoted = [
      '␊',
      '‛',
      'two‛‛',
      '‛␊',
      '‛␀',
      '‛‛␀',
      '␀',
      '␡',
      'del\u007f',
      '／',
      '‛／',
      '．',
      '‛．',
      '．．',
      '‛FF',
      '␠',
      '\u0001\u001f',
    ];
    const names = [...HOSTILE, ...quoted];
    for (const name of names) await writeFile(bytesOf(`${folder}/left/${name}`), '');
    const rclone = promisify(execFile)('rclone', ['check', '--size-only', '--combined', '-', 'left', 'right'], {
      cwd: folder,
      encoding: 'buffer',
    });
    const said = await rclone.then(
      ({ stdout }) => stdout,
      (error: { stdout: Buffer }) => error.stdout,
    );
    const ours = combinedBytes(names.map((name) => combinedLine('missing', name)).join(''));
    const lines = (bytes: Buffer) => bytes.toString('latin1').split('\n').sort();
    expect(lines(ours)).toEqual(lines(said));
  });
});

describe('json', () => {
  it('is the document of a report, its keys in order and its times in UTC', () => {
    const comparison = createComparison();
    comparison.left({ path: 'a.jpg', size: 7 });
    const document = reportDocument('completed', 0, 1500, comparison.finish().figures);
    expect(Object.keys(document)).toEqual([
      'state',
      'startedAt',
      'completedAt',
      'source',
      'destination',
      'matched',
      'missing',
      'extra',
      'differing',
      'corrupt',
      'unreadable',
      'fiveRows',
    ]);
    expect(document).toMatchObject({
      state: 'completed',
      startedAt: '1970-01-01T00:00:00.000Z',
      completedAt: '1970-01-01T00:00:01.500Z',
      source: { count: 1, bytes: 7, byKind: { jpg: { count: 1, bytes: 7 }, raw: { count: 0, bytes: 0 } } },
    });
    expect(reportDocument('queued', null, null, document).startedAt).toBeNull();
  });
});

describe('summary', () => {
  const summary = (left: [string, number][], right: [string, number][]): string => {
    const comparison = createComparison();
    for (const [path, size] of left) comparison.left({ path, size });
    for (const [path, size] of right) comparison.right({ path, size });
    const { figures, matchedByDigest, unmatched } = comparison.finish();
    return summaryText(figures, matchedByDigest, unmatched);
  };

  it('shows the rows by kind, by count and size', () => {
    const text = summary(
      [
        ['a.jpg', 1_500_000],
        ['b.cr2', 20_000_000_000],
        ['c.mp4', 3],
      ],
      [['a.jpg', 1_500_000]],
    );
    expect(text).toContain('Not in sync: 2 of 3 assets are not matched.');
    const row = (name: string) =>
      text
        .split('\n')
        .find((line) => line.startsWith(name))
        ?.split(/\s{2,}/);
    expect(row('source')).toEqual(['source', '1', '1.5 MB', '1', '20.0 GB', '1', '3 B', '3', '20.0 GB']);
    expect(row('missing')?.slice(-2)).toEqual(['2', '20.0 GB']);
    expect(text).toMatch(/^missing +b\.cr2 {2}\(not at the destination\)$/m);
  });

  it('says by what the sides agree, and that empty sides are empty', () => {
    expect(summary([['a.jpg', 1]], [['a.jpg', 1]])).toContain(
      'In sync: the one asset matches by name, location and size; no digests',
    );
    expect(summary([], [])).toContain('both are empty');
  });

  it('obeys no name: control characters are shown, and every asset has one line', () => {
    const text = summary(
      HOSTILE.map((path) => [path, 1]),
      [],
    );
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there.
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(text.split('\n').filter((line) => line.startsWith('missing  ')).length).toBe(HOSTILE.length + 1);
  });

  it('names the first assets and says where the rest is', () => {
    const text = summary(
      Array.from({ length: 25 }, (_, at) => [`${at}.jpg`, 1]),
      [],
    );
    expect(text).toContain('… and 5 more: --format ndjson or csv lists all of them.');
  });
});

/** A reader of RFC 4180, strict about quotes. */
function parseCsv(text: string): string[][] {
  const records: string[][] = [];
  let fields: string[] = [];
  for (let at = 0; at < text.length; ) {
    let value = '';
    if (text[at] === '"') {
      for (at++; ; at++) {
        if (at >= text.length) throw new Error('a quote is not closed');
        if (text[at] !== '"') value += text[at];
        else if (text[at + 1] === '"') value += text[at++];
        else break;
      }
      at++;
    } else {
      for (; at < text.length && text[at] !== ',' && !text.startsWith('\r\n', at); at++) value += text[at];
      if (/["\r\n]/.test(value)) throw new Error(`a field must be quoted: ${JSON.stringify(value)}`);
    }
    fields.push(value);
    if (text[at] === ',') at++;
    else if (text.startsWith('\r\n', at)) {
      records.push(fields);
      fields = [];
      at += 2;
    } else throw new Error(`a field must end at a comma or a line's end: ${JSON.stringify(text.slice(at, at + 10))}`);
  }
  return records;
}
