import { isIP } from 'node:net';

/** `PORT`, `ADDRESS:PORT` or `[IPv6]:PORT`; an empty address means all of them. Undefined where it is none of these. */
export function parseListen(text: string): { address: string; port: number } | undefined {
  const found = /^(?:(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+)):)?(\d{1,5})$/.exec(text);
  if (!found) return undefined;
  const [, v6, v4, digits] = found;
  const address = v6 ?? v4 ?? '';
  const port = Number(digits);
  if (port < 1 || port > 65_535 || (address !== '' && isIP(address) === 0)) return undefined;
  return { address, port };
}
