import type { CardCopy } from '@vigie/hardware/camera/camera';
import { countOf, percentOf } from '@vigie/hardware/camera/gphoto2-condition';
import {
  filesOf,
  inOrder,
  isAllowed,
  isChosen,
  isSameCopy,
  isSameValue,
  targetChoice,
  valueFor,
} from '@vigie/hardware/camera/gphoto2-order';
import { wayOf } from '@vigie/hardware/camera/gphoto2-way';
import { describe, expect, test } from 'vitest';

const body = { model: 'Nikon DSC D750', port: 'usb:001,004', serial: '00006012345', owner: 'Summit' };

test('a body is chosen when everything that is given agrees; case and leading zeros do not count', () => {
  expect(isChosen(body, {})).toBe(true);
  expect(isChosen(body, { serial: '6012345', owner: 'summit', model: 'NIKON DSC D750' })).toBe(true);
  expect(isChosen(body, { serial: '6012346' })).toBe(false);
  expect(isChosen(body, { serial: '6012345', owner: 'valley' })).toBe(false);
  expect(isChosen(body, { model: 'Nikon DSC D850' })).toBe(false);
});

test('what needs opening is not yet told, except where the model rules it out', () => {
  const seen = { model: 'Nikon DSC D750', port: 'usb:001,004' };
  expect(isChosen(seen, { serial: '1' })).toBeUndefined();
  expect(isChosen(seen, { owner: 'Summit' })).toBeUndefined();
  expect(isChosen(seen, { serial: '1', model: 'Nikon DSC D850' })).toBe(false);
});

test('the body at the last known port is tried first, the others keep their order', () => {
  const ports = ['a', 'b', 'c'].map((port) => ({ model: 'X', port }));
  expect(inOrder(ports, 'b').map(({ port }) => port)).toEqual(['b', 'a', 'c']);
  expect(inOrder(ports, undefined).map(({ port }) => port)).toEqual(['a', 'b', 'c']);
});

test.each([
  ['JPEG Fine', 1],
  ['NEF (Raw)', 1],
  ['NEF+Fine', 2],
  ['RAW', 1],
  ['RAW + Large Fine JPEG', 2],
  ['cRAW + Small JPEG', 2],
  ['RAW+JPEG (Std)', 2],
  ['Large Fine JPEG', 1],
  ['L + N', 1],
])('the picture format "%s" gives %i file(s) a release', (format, files) => {
  expect(filesOf(format)).toBe(files);
});

test('values are compared as what they are', () => {
  expect(isSameValue('0.0100', '0.01')).toBe(true);
  expect(isSameValue('f/8', 'f/8')).toBe(true);
  expect(isSameValue('1/60', '1/61')).toBe(false);
  expect(isSameValue('', '0')).toBe(false);
  expect(isSameValue(null, '')).toBe(false);
  expect(valueFor('toggle', 'On')).toBe('1');
  expect(valueFor('toggle', 'false')).toBe('0');
  expect(valueFor('choice', 'On')).toBe('On');
  expect(isAllowed('300', 'choice', ['200', '400'])).toBe(false);
  expect(isAllowed('2', 'toggle', ['0', '1'])).toBe(false);
  expect(isAllowed('far', 'range', ['0 to 1 in steps of 1'])).toBe(false);
  expect(isAllowed('anything', 'text', [])).toBe(true);
});

test('a capture target is found under the names of several makers', () => {
  expect(targetChoice('card', ['Internal RAM', 'Memory card'])).toBe('Memory card');
  expect(targetChoice('memory', ['Internal RAM', 'Memory card'])).toBe('Internal RAM');
  expect(targetChoice('memory', ['sdram', 'card', 'card+sdram'])).toBe('sdram');
  expect(targetChoice('card', ['sdram', 'card', 'card+sdram'])).toBe('card');
  expect(targetChoice('memory', ['Memory card'])).toBeUndefined();
});

describe('a copy on the card is the same one', () => {
  const copy: CardCopy = {
    serial: '4711',
    card: 'A 64000',
    folder: '/store_00010001/DCIM/100GPHOT',
    name: 'GPH_0099.JPG',
    bytes: 1000,
    modifiedAt: 5000,
    sha256: 'f'.repeat(64),
  };
  const there = { serial: '4711', card: 'A 64000', bytes: 1000, modifiedAt: 5000 };
  test('only where everything agrees', () => {
    expect(isSameCopy(copy, there)).toBe(true);
    expect(isSameCopy(copy, { ...there, serial: '04711' })).toBe(true);
  });
  test.each([
    ['another size', { bytes: 1001 }],
    ['no size', { bytes: undefined }],
    ['another time', { modifiedAt: 7000 }],
    ['another card', { card: 'A 32000' }],
    ['another body', { serial: '4712' }],
  ])('not with %s', (_, other) => {
    expect(isSameCopy(copy, { ...there, ...other })).toBe(false);
  });
});

test('the add-on takes plain pictures; whatever it cannot do safely is a session', () => {
  const plain = { choice: {}, settings: {}, captureTarget: undefined, keepOnCard: 'always', files: undefined } as const;
  expect(wayOf(plain, 1)).toBe('add-on');
  // How many files there are is asked for first.
  expect(wayOf(plain, undefined)).toBe('session');
  expect(wayOf({ ...plain, choice: { model: 'Nikon DSC D750' } }, 1)).toBe('add-on');
  expect(wayOf({ ...plain, files: 1 }, 2)).toBe('add-on');
  expect(wayOf(plain, 2)).toBe('session');
  expect(wayOf({ ...plain, choice: { serial: '1' } }, 1)).toBe('session');
  expect(wayOf({ ...plain, settings: { iso: '100' } }, 1)).toBe('session');
  expect(wayOf({ ...plain, captureTarget: 'card' }, 1)).toBe('session');
  expect(wayOf({ ...plain, keepOnCard: 'never' }, 1)).toBe('session');
});

test('batteries and counters are read where they are figures', () => {
  expect(['50%', '7', 'Full', 'Low', '', 'broken', undefined].map(percentOf)).toEqual([
    50,
    7,
    100,
    25,
    undefined,
    undefined,
    undefined,
  ]);
  expect(['12345', '1,5', undefined].map(countOf)).toEqual([12345, undefined, undefined]);
});
