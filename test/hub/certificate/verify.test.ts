import { lineOf } from '@vigie/hub/certificate/certificate';
import { type DayFacts, draftOf } from '@vigie/hub/certificate/claims';
import { sealed } from '@vigie/hub/certificate/issue';
import { readOrMakeKey, type SigningKey } from '@vigie/hub/certificate/key';
import { verdictText } from '@vigie/hub/certificate/verdict';
import { verifyCertificate } from '@vigie/hub/certificate/verify';
import { codeOf } from '@vigie/shared/kit/errors';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { tempFolder } from '../../support/temp.ts';
import { asset, DAY, NAME } from './certified-source.ts';

let key: SigningKey;
beforeEach(async () => {
  key = await readOrMakeKey(await tempFolder());
});

const report = { id: 'r1', createdAt: 5000, completedAt: 6000, byDigest: false };
/** A day with so many assets, of which the first is missing at the archive, the second unreadable at the source. */
function facts(assets: number): DayFacts {
  const entries = Array.from({ length: assets }, (_, n) => ({ ...asset(n), knownAt: 1000 }));
  if (entries[1]) entries[1].unreadable = 'torn';
  const unmatched = new Map([[entries[0]?.path ?? '', { class: 'missing', cause: 'queued' }]]);
  return {
    ...{ ...NAME, generation: 'g', zone: 'UTC', day: DAY, agreedAt: 9000, seq: 7, entries, elsewhere: [] },
    destinations: [{ name: 'archive', report: { ...report, unmatched } }],
    slots: { expected: 5, taken: 4, failed: 1, off: 0, excluded: 2 },
  };
}
const issue = (assets: number): Buffer => sealed(draftOf(facts(assets), { at: 10_000, publicKey: key.publicKey }), key);

async function* inPieces(bytes: Uint8Array, size = 97): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
const verified = (bytes: Uint8Array, trusted?: string) => verifyCertificate(inPieces(bytes), trusted);
const faults = async (lines: string[]) => (await verified(Buffer.from(lines.join('')))).faults.join('\n');
/** Nothing is wrong with it, or somebody was told. */
async function isSound(bytes: Uint8Array): Promise<boolean> {
  try {
    return (await verified(bytes)).faults.length === 0;
  } catch (error) {
    expect(codeOf(error)).toBe('version');
    return false;
  }
}
const linesIn = (bytes: Buffer): string[] => bytes.toString('utf8').split(/(?<=\n)/);

test.each([0, 1, 2, 3, 40])(
  'a certificate of %i assets is sound as it was issued, whatever pieces it comes in',
  async (assets) => {
    const bytes = issue(assets);
    for (const size of [1, 7, 100_000]) {
      const found = await verifyCertificate(inPieces(bytes, size), key.publicKey);
      expect(found.faults).toEqual([]);
      expect(found.leaves).toHaveLength(assets - (assets > 1 ? 1 : 0));
      expect(found.header).toMatchObject({ ...NAME, day: DAY, leaves: { count: found.leaves.length } });
    }
  },
);

test('every flip of a bit, in any line, is found', { timeout: 30_000 }, async () => {
  const bytes = issue(3);
  const bits = Array.from({ length: bytes.length * 8 }, (_, bit) => bit);
  // Every byte once, at a bit that moves on; every bit of the signature's line and of one leaf's.
  const last = bytes.lastIndexOf('\n', bytes.length - 2) + 1;
  const leaf = bytes.indexOf('\n') + 1;
  const some = bits.filter((bit) => {
    const at = bit >> 3;
    return at % 8 === bit % 8 || at >= last || (at >= leaf && at < leaf + 40);
  });
  for (const bit of some) {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
    if (await isSound(flipped)) expect.fail(`bit ${bit & 7} of byte ${bit >> 3} was flipped, and nobody was told`);
  }
});

test('any piece that is cut out, put in or overwritten is found', async () => {
  const bytes = issue(6);
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length), fc.nat(200), fc.uint8Array({ maxLength: 40 }), async (at, cut, put) => {
      const changed = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + cut)]);
      fc.pre(!changed.equals(bytes));
      expect(await isSound(changed)).toBe(false);
    }),
  );
});

test('leaves that are there twice, gone, out of order or made up are named', async () => {
  const [head, one, two, three, ...rest] = linesIn(issue(6)) as [string, string, string, string, ...string[]];
  expect(await faults([head, one, one, two, three, ...rest])).toContain(`leaf "${asset(0).path}" is there twice`);
  expect(await faults([head, two, one, three, ...rest])).toContain(`leaf "${asset(0).path}" is out of order`);
  expect(await faults([head, one, three, ...rest])).toContain('leaves: 5 was certified, 4 is here');
  const made = `${lineOf({ path: `${DAY}/${DAY}000001.jpg`, size: 1, sha256: null, capturedAt: null })}\n`;
  expect(await faults([head, one, made, two, three, ...rest])).toContain('root of the leaves');
  const other = one.replace('"size":1000', '"size":1001');
  expect(other).not.toBe(one);
  expect(await faults([head, other, two, three, ...rest])).toContain('root of the leaves');
});

test('order and duplicates are looked at even where the key has signed them', async () => {
  const draft = draftOf(facts(6), { at: 10_000, publicKey: key.publicKey });
  const { createMerkle } = await import('@vigie/hub/certificate/merkle');
  const signedAnew = (leaves: string[]): Buffer => {
    const tree = createMerkle();
    for (const line of leaves) tree.add(line);
    const bytes = leaves.reduce((sum, line) => sum + (JSON.parse(line) as { size: number }).size, 0);
    return sealed(
      { ...draft, leaves, header: { ...draft.header, leaves: { count: leaves.length, bytes, root: tree.root() } } },
      key,
    );
  };
  const [one, two] = draft.leaves as [string, string];
  expect((await verified(signedAnew(draft.leaves))).faults).toEqual([]);
  expect((await verified(signedAnew([one, one, two]))).faults).toEqual([
    `line 3: leaf "${asset(0).path}" is there twice`,
  ]);
  expect((await verified(signedAnew([two, one]))).faults).toEqual([`line 3: leaf "${asset(0).path}" is out of order`]);
});

test('another key than the trusted one is named, and a certificate that somebody else signed with it', async () => {
  const other = await readOrMakeKey(await tempFolder());
  const forged = sealed(draftOf(facts(3), { at: 10_000, publicKey: other.publicKey }), other);
  expect((await verified(forged)).faults).toEqual([]);
  expect((await verified(forged, key.publicKey)).faults).toEqual([
    expect.stringMatching(/^key: it was signed by SHA256:/),
  ]);
  const pretended = sealed(draftOf(facts(3), { at: 10_000, publicKey: key.publicKey }), other);
  expect((await verified(pretended, key.publicKey)).faults).toEqual([expect.stringMatching(/^signature: /)]);
});

test('a certificate of the first version, which tells nothing of slots, is checked as ever', async () => {
  const draft = draftOf(facts(3), { at: 10_000, publicKey: key.publicKey });
  if (draft.header.version === 1) throw new Error('new ones are of the second version');
  const { slots: _, ...rest } = draft.header;
  const old = { ...rest, version: 1 as const };
  const found = await verified(sealed({ ...draft, header: old }, key), key.publicKey);
  expect(found.faults).toEqual([]);
  expect(verdictText({ verified: found, isKeyTrusted: true, held: undefined, side: undefined })).toContain(
    'slots: unknown',
  );
  const now = await verified(issue(3));
  expect(verdictText({ verified: now, isKeyTrusted: true, held: undefined, side: undefined })).toContain(
    'slots: 4 of 5 taken, 1 failed, 0 off, 2 excluded',
  );
});

test('what is no certificate is said to be none, and a later version to be later', async () => {
  for (const bytes of [Buffer.alloc(0), Buffer.from('\n'), Buffer.from([0xff, 0xd8, 0xff]), Buffer.alloc(200_000, 'x')])
    expect(await isSound(bytes)).toBe(false);
  const later = linesIn(issue(1));
  later[0] = (later[0] as string).replace('"version":2', '"version":3');
  await expect(verified(Buffer.from(later.join('')))).rejects.toMatchObject({ code: 'version' });
});
