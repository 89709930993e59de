import { watchedFolderConfig } from '@vigie/agent/watched-folder/folder-config';
import { listFault, matcherOf } from '@vigie/agent/watched-folder/glob';
import { firstFree, nameFault, safeName, suffixedName } from '@vigie/agent/watched-folder/names';
import { placeFault, placeOf, placeWarning } from '@vigie/agent/watched-folder/place-pattern';
import { CAMERA_FILES } from '@vigie/agent/watched-folder/profiles';
import { bytesOf, nameOf } from '@vigie/shared/kit/names';
import { parseConfig } from '@vigie/shared/kit/yaml-config';
import { stamp, stampedAt } from '@vigie/shared/kit/zone';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const hit = (list: string, name: string, anyCase = false) => matcherOf(list, { anyCase })(name);

describe('name patterns', () => {
  it.each([
    ['*', 'anything\nat all', true],
    ['*.dat', 'a.dat', true],
    ['*.dat', 'a.DAT', false],
    ['*.*', 'a.b', true],
    ['*.*', 'ab', false],
    ['.pdf', 'a.pdf', false],
    ['.pdf', '.pdf', true],
    ['data*', 'data2', true],
    ['Data[0-9][0-9][0-9].[dD][aA][tT]', 'Data001.DAT', true],
    ['Data[0-9][0-9][0-9].[dD][aA][tT]', 'data001.dat', false],
    ['Data[0-9][0-9][0-9].[dD][aA][tT]', 'Data01.dat', false],
    ['[!a-c]x', 'dx', true],
    ['[!a-c]x', 'bx', false],
    ['a?c', 'aéc', true],
    ['a?c', 'ac', false],
    ['\\[1\\]*', '[1].jpg', true],
    ['*.jpg; *.cr2 ;', 'x.cr2', true],
    ['a.jpg', 'aXjpg', false],
    ['re:IMG_\\d+\\.nef', 'IMG_12.nef', true],
    ['re:IMG_\\d+\\.nef', 'xIMG_12.nef', false],
    ['re:a.b', 'a\nb', true],
    ['', 'a', false],
  ])('%j on %j is %s', (list, name, expected) => {
    expect(listFault(list)).toBeUndefined();
    expect(hit(list, name)).toBe(expected);
  });

  it('the default list takes any letter case, an own list does not', () => {
    expect(hit(CAMERA_FILES, 'IMG.JPG', true)).toBe(true);
    expect(hit('[A-C]*', 'bx', true)).toBe(true);
  });

  it('agrees with a regular expression on plain globs', () => {
    const glob = fc.stringMatching(/^[ab*?]{0,8}$/);
    fc.assert(
      fc.property(glob, fc.stringMatching(/^[ab]{0,10}$/), (pattern, name) => {
        fc.pre(pattern !== '');
        const expression = new RegExp(`^${pattern.replace(/\*+/g, '.*').replaceAll('?', '.')}$`, 's');
        expect(hit(pattern, name)).toBe(expression.test(name));
      }),
    );
  });

  it('cannot be made to hang', () => {
    const begun = performance.now();
    expect(hit(`${'*a'.repeat(100)}b`, 'a'.repeat(255))).toBe(false);
    expect(performance.now() - begun).toBeLessThan(500);
    expect(listFault('re:(a+)+b')).toContain('repeated group');
    expect(listFault('re:((a|b)x)*c')).toContain('repeated group');
    expect(listFault('re:(jpg|cr2)?')).toBeUndefined();
  });

  it.each(['[a', 'a\\', 're:(', '[z-a]', 'a/b'])('%j is refused', (list) => {
    expect(listFault(list)).toBeDefined();
  });
});

describe('place patterns', () => {
  const facts = {
    name: 'IMG_1.JPG',
    capturedAt: Date.UTC(2009, 6, 17, 20, 5, 9, 42),
    zone: 'UTC',
    jobId: 'job7',
    folderName: 'yard',
  };
  const path = (pattern: string, over = {}) => {
    const { folder, name } = placeOf(pattern, { ...facts, ...over }, 'own.jpg');
    return folder === '' ? name : `${folder}/${name}`;
  };

  it('knows every letter', () => {
    expect(path('%Y/%y/%M/%D/%d/')).toBe('2009/09/07/17/198/own.jpg');
    expect(path('%H-%h-%m-%s-%l')).toBe('20-08-05-09-042');
    expect(path('%P_%J/%F.%E')).toBe('job7_yard/IMG_1.JPG');
    expect(path('%R')).toMatch(/^\d$/);
    expect(path('%R')).toBe(path('%R'));
  });

  it('a folder ends with a slash or is empty; else it is a name', () => {
    expect(path('')).toBe('own.jpg');
    expect(path('a//b/')).toBe('a/b/own.jpg');
    expect(path('%F.xdp')).toBe('IMG_1.xdp');
    expect(path('%F.%E', { name: 'README' })).toBe('README');
  });

  it('tells time in the zone, over midnight and daylight saving', () => {
    const at = (iso: string, zone: string) => path('%Y%M%D%H', { capturedAt: Date.parse(iso), zone });
    expect(at('2026-06-30T22:30:00Z', 'Europe/Paris')).toBe('2026070100');
    expect(at('2026-03-29T00:59:59Z', 'Europe/Paris')).toBe('2026032901');
    expect(at('2026-03-29T01:00:00Z', 'Europe/Paris')).toBe('2026032903');
    expect(path('%h', { capturedAt: Date.UTC(2026, 0, 1, 0) })).toBe('12');
  });

  it.each(['../x/', 'a/../b', '/abs/', 'a\0b', 'a\nb', '%x', '%', 'a%', '%%Y', './'])('%j is refused', (pattern) => {
    expect(placeFault(pattern)).toBeDefined();
  });

  it('never leads out of its tree, and makes no name too long, whatever the file is called', () => {
    const pattern = fc.array(fc.constantFrom('%F', '%E', '%Y', '%J', '/', '.', 'x', '_'), { maxLength: 8 });
    fc.assert(
      fc.property(pattern, fc.string({ minLength: 1, maxLength: 300, unit: 'grapheme' }), (parts, name) => {
        fc.pre(placeFault(parts.join('')) === undefined);
        const place = placeOf(parts.join(''), { ...facts, name: safeName(name) }, 'own.jpg');
        for (const part of [...place.folder.split('/').filter(Boolean), place.name]) {
          expect(part).not.toMatch(/^\.{0,2}$|\//);
          expect(bytesOf(part).length).toBeLessThanOrEqual(255);
        }
      }),
    );
  });

  it('warns of minutes where months were meant', () => {
    expect(placeWarning('%y/%m/%d/')).toContain('minute');
    expect(placeWarning('%Y%M%D%H%m')).toBeUndefined();
  });

  it('a wrong pattern is a configuration error with its line', () => {
    const parse = (text: string) => () => parseConfig('agent.yaml', text, watchedFolderConfig);
    expect(parse('interval: 1s\nresult: "%Y/%Q/"\n')).toThrow(
      /^agent\.yaml:2: result: .*"%Q" is no known letter; allowed: %Y/,
    );
    expect(parse('failure: /tmp/x\n')).toThrow(/agent\.yaml:1: failure: .*absolute/);
    expect(parse('preserve: null\n')).not.toThrow();
    expect(parse('include: "[a"\n')).toThrow(/agent\.yaml:1: include/);
    expect(parse('include: ";"\n')).toThrow(/at least one pattern/);
  });
});

describe('names', () => {
  it('are refused for control characters and bytes that are not UTF-8, and kept under a safe name', () => {
    for (const name of ['a\nb.jpg', 'a\u001b[2J.jpg', 'a\u0085.jpg', nameOf(Buffer.from([0xff, 0x2e, 0x6a]))]) {
      expect(nameFault(name)).toBeDefined();
      expect(nameFault(safeName(name))).toBeUndefined();
    }
    expect(safeName('a\n%.jpg')).toBe('a%0A%25.jpg');
    expect(safeName(nameOf(Buffer.from([0x61, 0xff])))).toBe('a%FF');
    for (const name of ['<img onerror=x>.jpg', 'é'.repeat(127), '-rf', 'a\u202eb', 'a b', '%41']) {
      expect(nameFault(name)).toBeUndefined();
      expect(safeName(name)).toBe(name);
    }
  });

  it('any bytes have a safe name', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 255 }), (bytes) => {
        expect(nameFault(safeName(nameOf(Buffer.from(bytes))))).toBeUndefined();
      }),
    );
  });

  it('take suffixes before the extension, within 255 bytes, and differ for every index', () => {
    expect([0, 1, 2].map((i) => suffixedName('a.b.jpg', i))).toEqual(['a.b.jpg', 'a.b_1.jpg', 'a.b_2.jpg']);
    expect(suffixedName('README', 1)).toBe('README_1');
    const any = fc.string({ minLength: 1, maxLength: 260, unit: 'grapheme' }).map((n) => n.replaceAll(/[/\0]/g, 'x'));
    fc.assert(
      fc.property(any, fc.integer({ min: 1, max: 99_999 }), (name, index) => {
        const one = suffixedName(name, index);
        expect(bytesOf(one).length).toBeLessThanOrEqual(255);
        expect(one).not.toBe(suffixedName(name, index + 1));
        expect(one).toContain(`_${index}`);
      }),
    );
    expect(bytesOf(suffixedName(`${'é'.repeat(125)}.jpeg`, 60)).length).toBeLessThanOrEqual(255);
  });

  it('the first free index is found with few questions', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(20_000), async (count) => {
        let questions = 0;
        const isTaken = async (index: number) => {
          questions += 1;
          return index < count;
        };
        expect(await firstFree(isTaken)).toBe(count);
        expect(questions).toBeLessThan(40);
      }),
    );
  });

  it('tell the capture time in the zone', () => {
    expect(stampedAt('20260701000000.jpg', 'Europe/Paris')).toBe(Date.parse('2026-06-30T22:00:00Z'));
    expect(stampedAt('20260701000000_1.jpg', 'UTC')).toBe(Date.parse('2026-07-01T00:00:00Z'));
    for (const name of [
      'IMG_0001.jpg',
      '20261301000000.jpg',
      '20260230000000.jpg',
      '202607010000001.jpg',
      '00000000000000',
    ]) {
      expect(stampedAt(name, 'UTC')).toBeUndefined();
    }
    fc.assert(
      fc.property(
        fc.integer({ min: 86_400, max: 4e9 }),
        fc.constantFrom('UTC', 'Asia/Kathmandu', 'America/New_York'),
        (s, zone) => {
          const name = stamp(s * 1000, zone);
          expect(stamp(stampedAt(name, zone) as number, zone)).toBe(name);
        },
      ),
    );
  });
});
