import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { until } from '../../support/temp.ts';

/** A client that puts bytes on the wire as it likes: for what no decent client sends. MQTT 3.1.1. */
export async function rawClient(port: number): Promise<{
  socket: Socket;
  /** Everything that has come so far. */
  received(): Buffer;
  /** Resolves when the broker has ended the connection. */
  closed(): Promise<void>;
}> {
  const socket = createConnection({ port, host: '127.0.0.1' });
  onTestFinished(() => void socket.destroy());
  let received = Buffer.alloc(0);
  let over = false;
  socket.on('data', (bytes: Buffer) => {
    received = Buffer.concat([received, bytes]);
  });
  socket.on('error', () => {
    over = true;
  });
  socket.on('close', () => {
    over = true;
  });
  await once(socket, 'connect');
  return {
    socket,
    received: () => received,
    closed: async () => void (await until('the broker has ended the connection', () => over, 15_000)),
  };
}

const text = (value: string) => {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
};

function packet(head: number, body: Buffer): Buffer {
  const length: number[] = [];
  for (let rest = body.length; ; rest >>= 7) {
    length.push((rest & 127) | (rest > 127 ? 128 : 0));
    if (rest <= 127) break;
  }
  return Buffer.concat([Buffer.from([head, ...length]), body]);
}

export function connectPacket(
  clientId: string,
  user: string,
  password: string,
  will?: { topic: string; payload: string },
): Buffer {
  const flags = 0xc0 | (will ? 0x0c : 0);
  return packet(
    0x10,
    Buffer.concat([
      text('MQTT'),
      Buffer.from([4, flags, 0, 60]),
      text(clientId),
      ...(will ? [text(will.topic), text(will.payload)] : []),
      text(user),
      text(password),
    ]),
  );
}

export function publishPacket(topic: string, payload: Buffer, { qos = 0, retain = false, id = 1 } = {}): Buffer {
  const head = 0x30 | (qos << 1) | (retain ? 1 : 0);
  return packet(head, Buffer.concat([text(topic), ...(qos > 0 ? [Buffer.from([id >> 8, id & 255])] : []), payload]));
}

export function subscribePacket(filters: string[], qos = 1): Buffer {
  return packet(
    0x82,
    Buffer.concat([Buffer.from([0, 9]), ...filters.flatMap((filter) => [text(filter), Buffer.from([qos])])]),
  );
}
