import { codeOf, messageOf, VigieError } from '../kit/errors.ts';
import { printable } from '../kit/names.ts';

/** Answers of an SFTP server, version 3. Source: draft-ietf-secsh-filexfer-02, section 7. */
export const STATUS = { eof: 1, absent: 2, permission: 3, failure: 4, badMessage: 5, unsupported: 8 } as const;

/** The status that a server answered, or undefined where the error is not an answer. */
export function statusOf(error: unknown): number | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'number' ? code : undefined;
}

/** What a server answered to an action on a path, as an error with a code that says who has to act. */
export function explain(error: unknown, action: string, path: string): unknown {
  const status = statusOf(error);
  if (error instanceof VigieError || status === undefined) return error;
  const message = `${action} "${printable(path)}": the server answered "${messageOf(error)}"`;
  switch (status) {
    case STATUS.absent:
      return new VigieError('not-found', message, { cause: error });
    case STATUS.permission:
      return new VigieError('permission', message, {
        cause: error,
        hint: "The account on the server needs the right to write into the destination's folder.",
      });
    case STATUS.badMessage:
      return new VigieError('path', `${message}; it does not take this name`, { cause: error });
    default:
      return new VigieError('server-failure', message, { cause: error, retryable: true });
  }
}

/** Why no connection came about. */
export function connectError(error: unknown, address: string): VigieError {
  if (error instanceof VigieError) return error;
  const action = `connect to ${address}`;
  const level = (error as { level?: string } | null)?.level;
  const make = (code: string, retryable: boolean, hint: string) =>
    new VigieError(code, `${action}: ${messageOf(error)}`, { cause: error, retryable, hint });
  if (level === 'client-authentication') {
    return make('authentication', false, 'Check the user, and that the server has the public key of identityFile.');
  }
  if (level === 'client-timeout') return make('stalled', true, 'The server took the connection and then said nothing.');
  if (level === 'handshake' || level === 'protocol') {
    return /host key/i.test(messageOf(error))
      ? make('host-key', false, "The server has no host key of a kind that is known; see the known_hosts file's types.")
      : make('refused', true, 'Client and server could not agree on a way to talk.');
  }
  switch (codeOf(error)) {
    case 'ECONNREFUSED':
      return make('refused', true, 'Nothing listens there: is the SSH server running, and is the port right?');
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EHOSTDOWN':
    case 'ETIMEDOUT':
      return make('unreachable', true, 'Check the network, the host name and any firewall on the way.');
    default:
      return make('connection-lost', true, 'The server closed the connection; its log may say why.');
  }
}

export function lost(address: string, cause?: unknown): VigieError {
  const why = cause === undefined ? 'the other side closed it' : messageOf(cause);
  return new VigieError('connection-lost', `use the connection to ${address}: ${why}`, { cause, retryable: true });
}

export function stalled(address: string, stallMs: number): VigieError {
  const message = `wait for ${address}: nothing was acknowledged for ${stallMs} ms; the connection is dropped`;
  return new VigieError('stalled', message, { retryable: true, hint: 'The network or the server stands still.' });
}
