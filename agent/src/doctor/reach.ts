import { createConnection } from 'node:net';
import { VigieError } from '@vigie/shared/kit/errors';
import { word } from './finding.ts';

/** Connects to a camera in the network and says so; nothing is sent. `camera-absent` where it does not answer. */
export function reach(url: string, limitMs: number, signal: AbortSignal): Promise<string> {
  const { hostname, port, protocol } = new URL(url);
  const at = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (DEFAULT_PORTS[protocol] ?? 80) };
  return new Promise((resolve, reject) => {
    const socket = createConnection({ ...at, signal, timeout: limitMs });
    const fail = (is: string, cause?: unknown) => {
      socket.destroy();
      const hint = `ping -c 3 ${word(at.host)}; nc -vz ${word(at.host)} ${at.port}`;
      reject(
        new VigieError('camera-absent', `reach the camera at ${at.host}:${at.port}: ${is}`, {
          cause,
          hint,
          retryable: true,
        }),
      );
    };
    socket.once('connect', () => {
      socket.destroy();
      resolve(`the camera answers at ${at.host}:${at.port}; whether it gives a picture is shown with --capture`);
    });
    socket.once('timeout', () => fail(`no answer within ${limitMs} ms`));
    socket.once('error', (error) => fail(error.message, error));
  });
}

const DEFAULT_PORTS: Record<string, number> = { 'http:': 80, 'https:': 443, 'rtsp:': 554, 'rtsps:': 322 };
