import type { CameraConfig } from './open.ts';

/**
 * May both configurations mean one camera? A camera has one user at a time: its captures, its power and its recovery are one source's.
 * Two bodies on USB are told apart by a serial number, an owner or a model that both have and that differ. Folders are told apart by
 * where they really are, which is asked elsewhere.
 */
export function mayBeOneCamera(left: CameraConfig, right: CameraConfig): boolean {
  if (left.type === 'gphoto2' && right.type === 'gphoto2') {
    return !(['serial', 'owner', 'model'] as const).some((key) => differ(left[key], right[key]));
  }
  if (left.type === 'rpicam-still' && right.type === 'rpicam-still') return (left.camera ?? 0) === (right.camera ?? 0);
  if (left.type === 'http' && right.type === 'http') return sameAddress(left.url, right.url);
  if (left.type === 'rtsp' && right.type === 'rtsp') return sameAddress(left.url, right.url);
  return false;
}

/** As libgphoto2's bodies are compared: case, spaces around and leading zeros do not count. */
function differ(left: string | undefined, right: string | undefined): boolean {
  const plain = (text: string) =>
    text
      .trim()
      .toLowerCase()
      .replace(/^0+(?=.)/, '');
  return left !== undefined && right !== undefined && plain(left) !== plain(right);
}

const sameAddress = (left: string, right: string): boolean => new URL(left).href === new URL(right).href;
