import { spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';
import type { Landing, LandingDevice } from './landing.ts';

/** Types of requests and answers. Source: draft-ietf-secsh-filexfer-02, section 3. */
export const REQUEST = {
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  lstat: 7,
  setstat: 9,
  fsetstat: 10,
  opendir: 11,
  readdir: 12,
  remove: 13,
  mkdir: 14,
  rmdir: 15,
  realpath: 16,
  stat: 17,
  rename: 18,
  readlink: 19,
  symlink: 20,
  extended: 200,
} as const;
const ANSWER = { status: 101, handle: 102 } as const;
const [INIT, VERSION] = [1, 3];
export const FLAG = { read: 1, write: 2, append: 4, create: 8, truncate: 16, exclusive: 32 } as const;
/** No attributes. */
export const NO_ATTRIBUTES = uint32(0);

export type RawSftp = {
  /** Sends one request; texts and buffers go as strings of the protocol, numbers as uint32. `raw` is put behind them as it is. */
  ask(type: number, fields: (string | Buffer | number)[], raw?: Buffer): Promise<{ status: number; body: Buffer }>;
  /** The handle of what is opened, or undefined where that is refused. */
  handle(type: number, fields: (string | number)[], raw?: Buffer): Promise<Buffer | undefined>;
  /** Has the session ended? */
  readonly ended: boolean;
};

export const sshArguments = ({ port, knownHosts }: Landing, { account, identityFile }: LandingDevice): string[] => [
  ...['-F', 'none', '-p', `${port}`, '-i', identityFile, '-o', 'IdentitiesOnly=yes', '-o', 'BatchMode=yes'],
  ...['-o', `UserKnownHostsFile=${knownHosts}`, '-o', 'StrictHostKeyChecking=yes', `${account}@127.0.0.1`],
];

/** SFTP as bytes: also what no decent client asks for, such as requests that the server has not offered. */
export async function rawSftp(landing: Landing, device: LandingDevice): Promise<RawSftp> {
  const child = spawn('ssh', ['-s', ...sshArguments(landing, device), 'sftp'], { stdio: ['pipe', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const open = new Map<number, (answer: Buffer | undefined) => void>();
  let received = Buffer.alloc(0);
  let ended = false;
  let complaint = '';
  let count = 0;
  child.stderr.on('data', (text: Buffer) => {
    complaint += text;
  });
  child.stdin.on('error', () => undefined);
  child.stdout.on('data', (bytes: Buffer) => {
    received = Buffer.concat([received, bytes]);
    while (received.length >= 4 && received.length >= 4 + received.readUInt32BE()) {
      const packet = received.subarray(4, 4 + received.readUInt32BE());
      received = received.subarray(4 + packet.length);
      const id = packet[0] === 2 ? 0 : packet.readUInt32BE(1);
      open.get(id)?.(packet);
      open.delete(id);
    }
  });
  child.on('close', () => {
    ended = true;
    for (const answer of open.values()) answer(undefined);
  });
  const send = (id: number, packet: Buffer) =>
    new Promise<Buffer>((resolve, reject) => {
      if (ended) return reject(new Error(`the session has ended: ${complaint}`));
      open.set(id, (answer) => (answer ? resolve(answer) : reject(new Error(`the session has ended: ${complaint}`))));
      child.stdin.write(text(packet));
    });
  await send(0, Buffer.concat([Buffer.of(INIT), uint32(VERSION)]));

  const ask: RawSftp['ask'] = async (type, fields, raw = Buffer.alloc(0)) => {
    const id = ++count;
    const parts = fields.map((field) => (typeof field === 'number' ? uint32(field) : text(field)));
    const packet = await send(id, Buffer.concat([Buffer.of(type), uint32(id), ...parts, raw]));
    return { status: packet[0] === ANSWER.status ? packet.readUInt32BE(5) : 0, body: packet };
  };
  return {
    ask,
    async handle(type, fields, raw) {
      const { body } = await ask(type, fields, raw);
      return body[0] === ANSWER.handle ? Buffer.from(body.subarray(9)) : undefined;
    },
    get ended() {
      return ended;
    },
  };
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function text(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([uint32(bytes.length), bytes]);
}
