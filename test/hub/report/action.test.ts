import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ADVICE, actionOfLists, actionOfSource } from '@vigie/hub/report/action';
import { isMendable } from '@vigie/hub/resync/plan';
import { ACTIONS, type Action, CLASSES, type UnmatchedClass } from '@vigie/shared/protocol/report';
import { describe, expect, it } from 'vitest';

const plain = { unreadableAtSource: false, purged: false };
const sent = (name: UnmatchedClass, told?: { cause: string; code?: string }): Action =>
  actionOfSource({ class: name, action: actionOfLists(name, plain) }, told);

describe('from two lists alone', () => {
  it('nobody can send, so that a re-sync is never promised', () => {
    for (const name of CLASSES) {
      for (const unreadableAtSource of [true, false]) {
        for (const purged of [true, false]) {
          expect(isMendable({ action: actionOfLists(name, { unreadableAtSource, purged }) })).toBe(false);
        }
      }
    }
  });

  it('an extra asset needs nothing, and an unreadable one a look at the side that cannot read it', () => {
    expect(actionOfLists('extra', plain)).toBe('none-needed');
    expect(actionOfLists('unreadable', { ...plain, unreadableAtSource: true })).toBe('look-at-source');
    expect(actionOfLists('unreadable', plain)).toBe('look-at-destination');
  });
});

describe('where a source can send', () => {
  it('is a re-sync for what the device says nothing bad of, and replaces what is there', () => {
    for (const cause of [undefined, 'lost-at-destination', 'not-ordered', 'withdrawn', 'a cause of a later version']) {
      const told = cause === undefined ? undefined : { cause };
      expect(sent('missing', told)).toBe('resync');
      expect(sent('differing', told)).toBe('resync-replace');
      expect(sent('corrupt', told)).toBe('resync-replace');
    }
  });

  it('leaves what needs no device, whatever the device says', () => {
    for (const cause of ['queued', 'not-ordered', 'failed']) {
      expect(sent('extra', { cause })).toBe('none-needed');
      expect(sent('unreadable', { cause })).toBe('look-at-destination');
      const purged = { class: 'missing', action: actionOfLists('missing', { ...plain, purged: true }) } as const;
      expect(actionOfSource(purged, { cause })).toBe('copy-from-elsewhere');
    }
  });

  it('waits for what is queued, but not behind something that lies in its place', () => {
    for (const cause of ['queued', 'retrying', 'held-back']) {
      expect(sent('missing', { cause })).toBe('wait');
      expect(sent('differing', { cause })).toBe('resync-replace');
    }
  });

  it('has a person mend a destination whose fault does not go away by itself, and waits else', () => {
    const told = (code: string) => sent('missing', { cause: 'destination-waiting', code });
    for (const code of [
      'permission',
      'host-key',
      'authentication',
      'root-absent',
      'config',
      'destination-full',
      'destination-refuses',
    ]) {
      expect(told(code), code).toBe('mend-destination');
    }
    for (const code of ['unreachable', 'refused', 'stalled', 'connection-lost']) expect(told(code), code).toBe('wait');
  });

  it.each([
    ['failed', 'conflict', 'resync-replace'],
    ['failed', 'source-changed', 'look-at-source'],
    ['failed', 'not-a-file', 'look-at-source'],
    ['failed', 'path', 'look-at-destination'],
    ['failed', 'server-failure', 'resync'],
    ['purged', undefined, 'copy-from-elsewhere'],
    ['not-held', undefined, 'rerun'],
    ['paused', undefined, 'resume'],
    ['destination-waiting', 'paused', 'resume'],
    ['destination-waiting', 'budget-spent', 'wait'],
  ] as const)('%s (%s) is mended by %s', (cause, code, action) => {
    expect(sent('missing', { cause, ...(code && { code }) })).toBe(action);
  });
});

it('the table of the documentation names every action, in its words, and no other', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/sync-reports.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `([a-z-]+)` +\| (.+?) +\| .+? +\|$/gm)];
  const table = rows.filter(([, name]) => ACTIONS.includes(name as Action)).map(([, name, words]) => [name, words]);
  expect(table).toEqual(ACTIONS.map((action) => [action, ADVICE[action]]));
});
