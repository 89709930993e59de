import type { FileFormat } from '@vigie/hardware/camera/file-format';
import type { Kind } from '@vigie/shared/protocol/asset';
import type { DecodeLimits } from './decode.ts';
import type { JpegWalk } from './jpeg-walk.ts';

export type DecodableFormat = 'jpg' | 'png' | 'webp' | 'gif' | 'tiff' | 'avif';
export type ContainerFormat = Exclude<FileFormat, DecodableFormat> | 'tiff';

/** How a file is found sound: decoded whole, its container followed, nothing to check, or refused at sight. */
export type Check =
  | { how: 'decode'; format: DecodableFormat }
  | { how: 'container'; format: ContainerFormat }
  | { how: 'none' }
  | { how: 'refuse'; reason: string; torn: boolean };

const PICTURE_EXTENSION = /\.(png|tiff?|webp|gif|avif|heic|heif|hif|bmp)$/i;
/** Progressive JPEGs of cameras and editors have about ten; thousands are an attack on the decoder's time. */
const SCANS_MAX = 100;

export function checkFor(file: {
  name: string;
  kind: Kind;
  format: FileFormat | undefined;
  size: number;
  jpeg: JpegWalk;
  limits: DecodeLimits;
}): Check {
  const { name, kind, format, size, jpeg, limits } = file;
  if (size === 0) return refuse('the file is empty');
  if (kind === 'sidecar' || kind === 'video') return { how: 'none' };
  if (format === undefined) {
    // `.raw` also stands for a sensor's bare values, which have no header.
    if (kind === 'raw' && /\.raw$/i.test(name)) return { how: 'none' };
    const isPicture = kind === 'jpg' || kind === 'raw' || PICTURE_EXTENSION.test(name);
    return isPicture ? refuse('it does not begin as any known picture format does') : { how: 'none' };
  }
  if (format === 'jpg') return checkJpeg(jpeg, limits);
  if (kind === 'raw' && format === 'tiff') return { how: 'container', format };
  if (isDecodable(format)) return { how: 'decode', format };
  return { how: 'container', format };
}

function checkJpeg({ ended, scans, frame }: JpegWalk, limits: DecodeLimits): Check {
  if (frame) {
    const { width, height, progressive } = frame;
    const allowed = progressive ? Math.min(limits.progressivePixelsMax, limits.pixelsMax) : limits.pixelsMax;
    if (width * height > allowed) {
      return refuse(
        `${width} × ${height} pixels are more than the ${allowed} that are allowed${progressive ? ' in a progressive JPEG' : ''}`,
      );
    }
  }
  if (scans > SCANS_MAX) return refuse(`${scans} scans are more than the ${SCANS_MAX} that are allowed`);
  if (!ended) return { how: 'refuse', reason: 'the JPEG is torn: its end is missing', torn: scans > 0 };
  return { how: 'decode', format: 'jpg' };
}

function isDecodable(format: FileFormat): format is DecodableFormat {
  return ['jpg', 'png', 'webp', 'gif', 'tiff', 'avif'].includes(format);
}

function refuse(reason: string): Check {
  return { how: 'refuse', reason, torn: false };
}
