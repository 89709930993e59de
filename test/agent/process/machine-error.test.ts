import { rm } from 'node:fs/promises';
import { machineError } from '@vigie/agent/process/machine-error';
import { createPipeline } from '@vigie/agent/process/pipeline';
import { VigieError } from '@vigie/shared/kit/errors';
import { expect, test } from 'vitest';
import { jpegPicture } from '../../support/picture.ts';
import { jobOf, steps } from './job.ts';

test.each([
  ['ENOSPC', 'no space left on device, write', 'disk-full'],
  ['EDQUOT', 'disk quota exceeded', 'disk-full'],
  ['ENOMEM', 'cannot allocate memory', 'memory'],
  ['', 'unable to create thread', 'memory'],
  ['', 'vips_malloc: out of memory --- size == 1GB', 'memory'],
  ['EIO', 'i/o error, read', 'io'],
  ['EMFILE', 'too many open files', 'io'],
])('%s "%s" is tried again, as %s', (code, text, as) => {
  const error = Object.assign(new Error(text), code === '' ? {} : { code });
  const told = machineError(error, 'process "a.jpg"');
  expect(told).toMatchObject({ code: as, retryable: true, hint: expect.any(String), cause: error });
});

test('a fault of the picture, and an error that is told already, are none of the machine', () => {
  expect(machineError(new Error('VipsJpeg: premature end of JPEG image'), 'x')).toBeUndefined();
  expect(machineError(new VigieError('step', 'crop'), 'x')).toBeUndefined();
});

test('a work folder that is gone is an error of the machine, and the picture is untouched', async () => {
  const job = await jobOf(await jpegPicture());
  await rm(job.workFolder, { recursive: true });
  const operation = createPipeline({ steps: steps({ step: 'resize', width: 100 }) });
  await expect(operation(job)).rejects.toMatchObject({ code: 'io', retryable: true });
});
