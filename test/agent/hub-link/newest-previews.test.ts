import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openNewestPreviews } from '@vigie/agent/hub-link/newest-previews';
import { silentLog } from '@vigie/shared/kit/log';
import { labelled, labelOf } from '@vigie/shared/protocol/thumbnail';
import { expect, test } from 'vitest';
import { picture } from '../../support/pictures.ts';
import { tempFolder } from '../../support/temp.ts';

const open = (folder: string) => openNewestPreviews({ folder, sources: ['garden', 'roof'], log: silentLog });
const shown = (folder: string) => [...open(folder).all()].map(([source, jpeg]) => [source, labelOf(jpeg)]);

test('the newest preview of each source outlasts a restart', async () => {
  const folder = join(await tempFolder(), 'previews');
  const previews = open(folder);
  for (const path of ['d/1.jpg', 'd/2.jpg']) previews.keep('garden', labelled(await picture('a'), path));
  expect(shown(folder)).toEqual([['garden', 'd/2.jpg']]);
});

test('a preview that a power cut has torn is passed over, and so is one of a source that has gone', async () => {
  const folder = await tempFolder();
  const whole = labelled(await picture('a'), 'd/1.jpg');
  for (const [name, bytes] of [
    ['garden.jpg', whole.subarray(0, 300)],
    ['roof.jpg', Buffer.alloc(0)],
    ['cellar.jpg', whole],
  ] as const) {
    await writeFile(join(folder, name), bytes);
  }
  expect(shown(folder)).toEqual([]);
});
