import { mkdirSync, writeFileSync } from 'node:fs';

/** A repeatable stream of numbers in [0, 1): Mulberry32, 2^32 states, enough for tests. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What the differences of two laid trees are, path by path. */
export type Laid = { same: string[]; missing: string[]; extra: string[]; differing: string[] };

const WORDS = [
  'vue',
  'été',
  'Zürich',
  '日本',
  'two words',
  '[brackets]',
  '100%',
  '#1',
  "l'aube",
  'a&b',
  '-dash',
  '😀',
  '{x}',
  '~tilde',
  'plus+',
];
const EXTENSIONS = ['jpg', 'JPG', 'cr2', 'raw', 'mp4', 'xmp', 'txt', ''];

/**
 * Lays two trees of day folders with names of all sorts, small files, some of 0 bytes, and seeded differences: each file is the
 * same in both, absent on one side, or of another size there. The folders `left` and `right` must be new.
 */
export function layRandomTrees(left: string, right: string, files: number, random: () => number): Laid {
  const laid: Laid = { same: [], missing: [], extra: [], differing: [] };
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const folders = Array.from({ length: Math.max(1, Math.ceil(files / 300)) }, (_, at) => {
    const day = new Date(Date.UTC(2026, 0, 1 + at)).toISOString().slice(0, 10).replaceAll('-', '');
    return random() < 0.8 ? day : random() < 0.5 ? `raw/${day}` : `${pick(WORDS)} ${at}/${pick(WORDS)}/${day}`;
  });
  for (const root of [left, right]) for (const folder of folders) mkdirSync(`${root}/${folder}`, { recursive: true });

  for (let at = 0; at < files; at++) {
    const folder = pick(folders);
    const extension = pick(EXTENSIONS);
    const name = `${random() < 0.5 ? pick(WORDS) : '20260101'} ${at}${extension && `.${extension}`}`;
    const path = `${folder}/${name}`;
    const size = random() < 0.1 ? 0 : Math.floor(random() * 64);
    const text = 'x'.repeat(size);
    const fate = random();
    if (fate < 0.03) {
      laid.missing.push(path);
      writeFileSync(`${left}/${path}`, text);
    } else if (fate < 0.05) {
      laid.extra.push(path);
      writeFileSync(`${right}/${path}`, text);
    } else if (fate < 0.08) {
      laid.differing.push(path);
      writeFileSync(`${left}/${path}`, text);
      writeFileSync(`${right}/${path}`, 'x'.repeat(size === 0 ? 1 : random() < 0.3 ? 0 : size + 1));
    } else {
      laid.same.push(path);
      writeFileSync(`${left}/${path}`, text);
      writeFileSync(`${right}/${path}`, text);
    }
  }
  return laid;
}
