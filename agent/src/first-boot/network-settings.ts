import { z } from 'zod';

/** How a device comes into the network, in `vigie.yaml`. */

const passphraseOfWpa = /^[\x20-\x7e]{8,63}$|^[0-9a-fA-F]{64}$/;

/** Fixed addresses; without them the network gives one (DHCP). */
const fixed = {
  address: z
    .union([z.cidrv4(), z.cidrv6()], 'an address with its length is allowed, such as 192.168.1.20/24')
    .optional(),
  gateway: z.union([z.ipv4(), z.ipv6()], 'an address is allowed, such as 192.168.1.1').optional(),
  nameServers: z
    .array(z.union([z.ipv4(), z.ipv6()], 'an address is allowed, such as 192.168.1.1'))
    .max(4)
    .default([]),
};
const complete = {
  path: ['gateway'],
  message: '"gateway" and "nameServers" belong to a fixed "address"; without one the network gives all of them',
};
type Fixed = { address?: string | undefined; gateway?: string | undefined; nameServers: string[] };
const isComplete = ({ address, gateway, nameServers }: Fixed): boolean =>
  address !== undefined || (gateway === undefined && nameServers.length === 0);

/** A value of underscores alone: a secret that was applied, and wiped from the file. */
export const isWiped = (text: string): boolean => /^[_\s]+$/.test(text) && text.includes('_');

const ethernet = z.strictObject(fixed).refine(isComplete, complete);
const wifi = z
  .strictObject({
    name: z
      .string()
      .refine((text) => text !== '' && Buffer.byteLength(text) <= 32, 'the name of a network has 1 to 32 bytes'),
    /** Absent: an open network. */
    passphrase: z
      .string()
      .refine(
        (text) => isWiped(text) || passphraseOfWpa.test(text),
        '8 to 63 characters (no accents), or 64 hexadecimal digits, are allowed',
      )
      .optional(),
    country: z.string().regex(/^[A-Z]{2}$/, 'the two capital letters of a country are allowed, such as FR'),
    hidden: z.boolean().default(false),
    ...fixed,
  })
  .refine(isComplete, complete);

export const networkSettings = z.strictObject({
  ethernet: ethernet.optional(),
  wifi: wifi.optional(),
  /** Names or addresses of NTP servers; absent: Debian's. */
  timeServers: z
    .array(z.string().regex(/^[A-Za-z0-9.:-]{1,253}$/, 'the name or the address of a server is allowed'))
    .max(8)
    .default([]),
});
export type NetworkSettings = z.infer<typeof networkSettings>;
