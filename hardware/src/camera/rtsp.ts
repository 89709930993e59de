import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Camera, CapturedFile, CaptureRequest } from './camera.ts';
import { guarded } from './guarded.ts';
import { endsAsJpeg } from './jpeg-end.ts';
import { runProgram } from './program.ts';
import { frameFault, refusal, withoutSecrets } from './rtsp-errors.ts';

export type RtspOptions = {
  /** `rtsp://` or `rtsps://`, without user and password. */
  url: string;
  credentials?: (() => { user: string; password: string }) | undefined;
  transport: 'tcp' | 'udp';
  /** ffmpeg's `-q:v`: 1 is the best, 31 the smallest file. */
  quality: number;
  /** Waits for a whole picture of the stream, and takes none that is told by its differences from others. */
  keyFrame: boolean;
  command: string;
  /** The whole capture, from start of ffmpeg to the complete file. */
  timeLimitMs: number;
  /** ffmpeg's whole environment; this process's own where absent. */
  environment?: NodeJS.ProcessEnv | undefined;
};

/**
 * One frame of a network camera's video stream, by ffmpeg. The address goes to ffmpeg's standard input, as a list of one file for its
 * concat demuxer: user and password are in no argument, so no other user of the machine sees them.
 */
export function createRtsp(options: RtspOptions): Camera {
  const { url, credentials, transport, quality, keyFrame, command, timeLimitMs, environment } = options;
  const { host } = new URL(url);

  async function take({ folder }: CaptureRequest, signal: AbortSignal): Promise<CapturedFile[]> {
    const { user, password } = credentials?.() ?? { user: undefined, password: undefined };
    const args = [
      ...['-hide_banner', '-nostats', '-loglevel', 'error'],
      ...['-protocol_whitelist', 'pipe,fd,rtsp,rtsps,rtp,udp,tcp,tls,crypto', '-f', 'concat', '-safe', '0'],
      // The rate of pictures is not needed, and takes dozens of them to tell.
      ...['-fpsprobesize', '0'],
      ...(keyFrame ? ['-skip_frame', 'nokey'] : []),
      ...['-i', 'pipe:0', '-map', '0:v:0', '-frames:v', '1', '-c:v', 'mjpeg', '-q:v', String(quality)],
      ...['-f', 'image2', '-update', '1', '-y', 'picture.jpg'],
    ];
    const input = fileList(addressOf(url, user, password), transport);
    const end = await runProgram({ commands: [command], args, folder, environment, input }, signal);
    signal.throwIfAborted();
    const said = withoutSecrets(end.stderr, password);
    if (end.code !== 0) throw refusal({ ...end, stderr: said });
    const path = join(folder, 'picture.jpg');
    const size = await stat(path).then(
      (found) => found.size,
      () => 0,
    );
    if (size === 0) throw frameFault('the stream gave no frame', said);
    if (!(await endsAsJpeg(path))) throw frameFault('the picture breaks off', said);
    return [{ path, extension: 'jpg' }];
  }

  return guarded({
    name: 'rtsp',
    description: () => `rtsp ${host}`,
    timeLimitMs,
    lateHint:
      'The camera or the network is slow or hangs, or the time between key frames is long: see "timeLimit" and "keyFrame".',
    take,
  });
}

/** The address with user and password, which ffmpeg takes from it alone. */
function addressOf(url: string, user: string | undefined, password: string | undefined): string {
  if (user === undefined || password === undefined) return url;
  return url.replace(
    /^(rtsps?:\/\/)/i,
    (scheme) => `${scheme}${encodeURIComponent(user)}:${encodeURIComponent(password)}@`,
  );
}

/** A file list of ffmpeg's concat demuxer. Quoting is that of `ffmpeg-utils(1)`: nothing is special inside of quotes but their end. */
function fileList(address: string, transport: string): string {
  return `ffconcat version 1.0\nfile '${address.replaceAll("'", "'\\''")}'\noption rtsp_transport ${transport}\noption fpsprobesize 0\n`;
}
