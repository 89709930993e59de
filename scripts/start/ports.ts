import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { replaceFile } from '@vigie/shared/kit/durable';
import type { Folder } from './folder.ts';

/** TCP ports on loopback: the dashboard, the broker, the SFTP server. Kept, so that the addresses stay the same. */
export type Ports = { http: number; mqtt: number; sftp: number };

const USUAL: Ports = { http: 8080, mqtt: 1883, sftp: 2222 };

/** The ports of the first start: the usual ones where they are free, else others. */
export async function keptPorts(folder: Folder): Promise<Ports> {
  const file = folder.file('ports.json');
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Ports;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const ports: Ports = { ...USUAL };
  for (const name of Object.keys(USUAL) as (keyof Ports)[]) {
    ports[name] = (await listens(USUAL[name])) ?? (await listens(0)) ?? USUAL[name];
  }
  await replaceFile(file, Buffer.from(`${JSON.stringify(ports)}\n`));
  return ports;
}

/** Can one listen on this port of loopback? The port, or undefined when it is taken; 0 is any free one. */
function listens(port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' || error.code === 'EACCES' ? resolve(undefined) : reject(error),
    );
    server.listen(port, '127.0.0.1', () => {
      const taken = (server.address() as { port: number }).port;
      server.close(() => resolve(taken));
    });
  });
}
