import { printable } from '@vigie/shared/kit/names';
import { instantOf } from '@vigie/shared/kit/zone';
import exifr from 'exifr';

/** EXIF tags as exifr names them, values as they stand in the file: dates are texts without a zone. */
export type Exif = { tags: Record<string, unknown>; orientation: number };

export const NO_EXIF: Exif = { tags: {}, orientation: 1 };

const OPTIONS = {
  tiff: true,
  ifd0: {},
  exif: true,
  gps: false,
  interop: false,
  xmp: false,
  icc: false,
  iptc: false,
  jfif: false,
  makerNote: false,
  userComment: false,
  reviveValues: false,
  translateValues: false,
  mergeOutput: true,
};

/** Reads EXIF from the first bytes of a file. Damaged EXIF is no EXIF: the picture does not depend on it. */
export async function readExif(head: Buffer): Promise<Exif> {
  try {
    const tags = ((await exifr.parse(head, OPTIONS)) ?? {}) as Record<string, unknown>;
    const { Orientation } = tags;
    const known = typeof Orientation === 'number' && Orientation >= 1 && Orientation <= 8;
    return { tags, orientation: known ? Orientation : 1 };
  } catch {
    return NO_EXIF;
  }
}

/** The small JPEG that cameras put into EXIF, also into that of RAW files. */
export async function embeddedPreview(head: Buffer): Promise<Buffer | undefined> {
  try {
    const jpeg = await exifr.thumbnail(head);
    return jpeg && Buffer.from(jpeg);
  } catch {
    return undefined;
  }
}

/** Earlier years are a camera's clock that was never set. */
const YEAR_MIN = 1990;

/**
 * The instant of capture, ms since 1970: with the zone that EXIF states, else in the given one; undefined where EXIF has no usable
 * time. Source: Exif 2.31, DateTimeOriginal and OffsetTimeOriginal.
 */
export function captureTimeOf({ tags }: Exif, zone: string): number | undefined {
  const text = tags.DateTimeOriginal;
  const match = typeof text === 'string' ? /^(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d):(\d\d)/.exec(text) : null;
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const asUtc = Date.UTC(year, month - 1, day, hour, minute, second);
  const back = new Date(asUtc);
  // An impossible date, such as 2026:02:31 or 2026:00:00, comes back as another one.
  if (year < YEAR_MIN || back.getUTCMonth() !== month - 1 || back.getUTCDate() !== day || hour > 23 || minute > 59) {
    return undefined;
  }
  const offset = /^([+-])(\d\d):(\d\d)/.exec(
    typeof tags.OffsetTimeOriginal === 'string' ? tags.OffsetTimeOriginal : '',
  );
  if (!offset) return instantOf({ year, month, day, hour, minute, second, millisecond: 0 }, zone);
  const ahead = (Number(offset[2]) * 60 + Number(offset[3])) * 60_000;
  return asUtc - (offset[1] === '-' ? -ahead : ahead);
}

/** The few fields that the dashboard shows, short and without control characters. */
export function shownExif({ tags }: Exif): Record<string, string | number> {
  const shown: Record<string, string | number> = {};
  const text = (name: string, tag: string) => {
    const value = tags[tag];
    if (typeof value === 'string' && value.trim() !== '') shown[name] = printable(value.trim().slice(0, 120));
  };
  const number = (name: string, tag: string) => {
    const value = tags[tag];
    if (typeof value === 'number' && Number.isFinite(value)) shown[name] = Math.round(value * 100) / 100;
  };
  text('make', 'Make');
  text('model', 'Model');
  text('lens', 'LensModel');
  text('description', 'ImageDescription');
  text('takenAt', 'DateTimeOriginal');
  const { ExposureTime: seconds } = tags;
  if (typeof seconds === 'number' && seconds > 0)
    shown.exposure = seconds < 1 ? `1/${Math.round(1 / seconds)} s` : `${seconds} s`;
  number('aperture', 'FNumber');
  number('iso', 'ISO');
  number('focalLength', 'FocalLength');
  return shown;
}
