import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { exists } from '@vigie/shared/kit/durable';
import { onTestFinished } from 'vitest';

/** A real RTSP server with a stream of H.264, by GStreamer: `server.py`. It ends with the test. */
export type RtspServer = {
  /** `rtsp://127.0.0.1:PORT/stream` */
  url: string;
  /** What /stream is from the next viewer on. */
  serve(what: 'video' | 'silent' | 'nothing'): Promise<void>;
  pause(): void;
  resume(): void;
  kill(): Promise<void>;
  /** Starts it again, at the same port. */
  start(): Promise<void>;
};
export type SignIn = { user: string; password: string; method: 'basic' | 'digest' };

export async function rtspServer(signIn?: SignIn): Promise<RtspServer> {
  const video = await videoFile();
  let child: ChildProcess | undefined;
  let lines: AsyncIterator<string> | undefined;
  let port = '0';

  async function start(): Promise<void> {
    const { user, password, method } = signIn ?? {};
    const args = [join(import.meta.dirname, 'server.py'), port, video, ...(signIn ? [user, password, method] : [])];
    child = spawn('/usr/bin/python3', args as string[], { stdio: ['pipe', 'pipe', 'inherit'] });
    lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
    const first = await lines.next();
    if (first.done) throw new Error('start RTSP server: it ended; gir1.2-gst-rtsp-server-1.0 and GStreamer are needed');
    port = first.value;
  }
  async function kill(): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
  await start();
  onTestFinished(kill);
  return {
    get url() {
      return `rtsp://127.0.0.1:${port}/stream`;
    },
    async serve(what) {
      child?.stdin?.write(`${what}\n`);
      await lines?.next();
    },
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    kill,
    start,
  };
}

const CACHE = join(import.meta.dirname, '../../../.cache');

/** Two minutes of moving bars at 50 pictures a second, with a key frame every fifth of a second. Made once. */
async function videoFile(): Promise<string> {
  const path = join(CACHE, 'rtsp-video-1.mp4');
  if (await exists(path)) return path;
  await mkdir(CACHE, { recursive: true });
  const part = `${path}.${process.pid}.part`;
  const source = ['-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=50:duration=120'];
  const coding = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '10', '-pix_fmt', 'yuv420p', '-f', 'mp4'];
  await promisify(execFile)('ffmpeg', ['-hide_banner', '-loglevel', 'error', ...source, ...coding, '-y', part]);
  await rename(part, path);
  return path;
}
