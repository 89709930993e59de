import { VigieError } from '../kit/errors.ts';

/** How a connection ended, or why it never came to be. Reason codes are those of MQTT 5, or return codes of 3.1.1. */
export type Ending =
  | { how: 'refused'; reasonCode: number }
  | { how: 'silent' }
  | { how: 'unreachable'; error: Error }
  | { how: 'lost'; reason: string; reasonCode?: number | undefined };

export const PACKET_TOO_LARGE = 149;

/** What a loop needs to know about an ending: the error to tell, and whether an operator must act first. */
export function explainEnding(ending: Ending, url: string): { error: VigieError; slow: boolean } {
  const where = `connect to broker "${withoutSecret(url)}"`;
  switch (ending.how) {
    case 'silent':
      return {
        slow: false,
        error: new VigieError('link-down', `${where}: it gave no answer to the greeting`, { retryable: true }),
      };
    case 'unreachable':
      return {
        slow: false,
        error: new VigieError('link-down', `${where}: it cannot be reached`, {
          cause: ending.error,
          retryable: true,
          ...hintOf(unreachableHint(ending.error)),
        }),
      };
    case 'lost':
      return {
        slow: false,
        error: new VigieError('link-down', `keep the link to broker "${withoutSecret(url)}": ${ending.reason}`, {
          retryable: true,
        }),
      };
    case 'refused': {
      const { what, hint, slow } = refusalOf(ending.reasonCode);
      return {
        slow,
        error: new VigieError('link-refused', `${where}: refused with code ${ending.reasonCode}, ${what}`, {
          retryable: true,
          hint,
        }),
      };
    }
  }
}

/** Did the broker refuse the version of MQTT? 1 is the return code of 3.1.1, 132 the reason code of 5. */
export const isVersionRefusal = (reasonCode: number): boolean => reasonCode === 1 || reasonCode === 132;

function refusalOf(code: number): { what: string; hint: string; slow: boolean } {
  switch (code) {
    case 1:
    case 132:
      return { what: 'this version of MQTT is not spoken', hint: 'set the protocol to auto', slow: true };
    case 2:
    case 133:
      return { what: 'the client id is not allowed', hint: 'the client id must equal the user name', slow: true };
    case 3:
    case 136:
    case 137:
      return { what: 'the broker has no room now', hint: 'it is tried again', slow: false };
    case 4:
    case 134:
      return { what: 'wrong user name or password', hint: 'check the user and the password file', slow: true };
    case 5:
    case 135:
      return {
        what: 'not authorised',
        hint: 'check the user and the password file, and that the broker knows this account under this client id',
        slow: true,
      };
    default:
      return { what: 'the broker gives no other reason', hint: "see the broker's log", slow: true };
  }
}

function unreachableHint(error: Error): string | undefined {
  const { code } = error as { code?: string };
  if (code === 'ECONNREFUSED') return 'is the broker running, and is the port right?';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'check the host name and the network';
  if (code === 'ENOENT' || code === 'EACCES') return 'caFile must name a file that this program may read';
  if (code !== undefined && /CERT|VERIFY|ERR_TLS|ERR_SSL/.test(code)) {
    return "check caFile, the host name in the broker's certificate, and this machine's clock";
  }
  return undefined;
}

const hintOf = (hint: string | undefined) => (hint === undefined ? {} : { hint });

/** The address without a password that someone has put into it. */
function withoutSecret(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//');
}
