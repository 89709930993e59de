import { openArchive } from '@vigie/hub/certificate/archive';
import { createCertificates } from '@vigie/hub/certificate/certificates';
import { draftOf } from '@vigie/hub/certificate/claims';
import { sealed } from '@vigie/hub/certificate/issue';
import { readOrMakeKey } from '@vigie/hub/certificate/key';
import { expect, test } from 'vitest';
import { tempFolder } from '../../support/temp.ts';
import { NAME } from './certified-source.ts';

async function shown() {
  const archive = openArchive(await tempFolder());
  const key = await readOrMakeKey(await tempFolder());
  const certificates = createCertificates({ archive, publicKey: key.publicKey, isKnown: (n) => n.source === 'garden' });
  const keep = async (day: string, at = 0) => {
    const facts = { ...NAME, generation: 'g', zone: 'UTC', day, agreedAt: 1, seq: 1, entries: [], elsewhere: [] };
    const draft = draftOf({ ...facts, destinations: [], slots: 'none' }, { at, publicKey: key.publicKey });
    return archive.add(NAME, day, sealed(draft, key));
  };
  return { archive, certificates, keep };
}
const textOf = async (bytes: AsyncIterable<Uint8Array>) => Buffer.concat(await Array.fromAsync(bytes)).toString();

test('the newest day comes first, and of a day the newest; a damaged one hides none of the others', async () => {
  const { archive, certificates, keep } = await shown();
  expect(await certificates.list(NAME, 0, 10)).toMatchObject({ total: 0, certificates: [] });
  await keep('20240229');
  await keep('20240301');
  await keep('20240229', 5);
  await archive.add(NAME, '20240228', Buffer.from('damaged'));
  const page = await certificates.list(NAME, 0, 10);
  expect(page.certificates.map((c) => [c.day, c.number])).toEqual([
    ['20240301', 1],
    ['20240229', 2],
    ['20240229', 1],
  ]);
  expect([page.total, page.damaged]).toEqual([4, [{ day: '20240228', number: 1 }]]);
  expect((await certificates.list(NAME, 1, 1)).certificates).toMatchObject([{ day: '20240229', number: 2 }]);
});

test('one is read as it was written: the newest of its day, or by its number', async () => {
  const { certificates, keep } = await shown();
  await keep('20240229');
  await keep('20240229', 5);
  const newest = await certificates.read(NAME, '20240229');
  expect(newest.number).toBe(2);
  expect(await textOf(newest.bytes)).toContain('"issuedAt":"1970-01-01T00:00:00.005Z"');
  expect(await textOf((await certificates.read(NAME, '20240229', 1)).bytes)).toContain('00:00:00.000Z');
  await expect(certificates.read(NAME, '20240229', 3)).rejects.toMatchObject({ code: 'not-found' });
  await expect(certificates.read(NAME, '20240301')).rejects.toMatchObject({ code: 'not-found' });
  await expect(certificates.list({ ...NAME, source: 'none' }, 0, 1)).rejects.toMatchObject({ code: 'not-found' });
});

test('writers at the same time each get a number of their own', async () => {
  const { archive, keep } = await shown();
  const numbers = await Promise.all(Array.from({ length: 5 }, (_, at) => keep('20240229', at)));
  expect(numbers.sort()).toEqual([1, 2, 3, 4, 5]);
  expect(await archive.newest(NAME, '20240229')).toBe(5);
});
