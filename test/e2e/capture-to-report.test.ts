import type { Side } from '@vigie/hub/http/schema';
import { expect, test } from 'vitest';
import { jpegPicture } from '../support/picture.ts';
import { DEVICE, filesBelow, startSite } from '../support/site.ts';
import { until } from '../support/temp.ts';
import { virtualCamera } from '../support/virtual-camera/virtual-camera.ts';

