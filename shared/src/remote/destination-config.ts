import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { identifier } from '../protocol/asset.ts';

const folder = z
  .string()
  .min(1)
  .refine(
    (path) => path.split('/').every((part) => part !== '' && part !== '.' && part !== '..'),
    'a path below the root is allowed, such as {device}/{source}; empty parts, "." and ".." are not',
  )
  .default('{device}/{source}')
  .describe('Folder of a source below the root; {site}, {device} and {source} are replaced.');

export const sftpDestination = z.strictObject({
  name: identifier,
  type: z.literal('sftp'),
  host: z.string().min(1),
  port: z.int().min(1).max(65_535).default(22),
  user: z.string().min(1),
  identityFile: z.string().optional().describe("A private key in OpenSSH's format."),
  passwordFile: z.string().optional().describe('A file whose first line is the password.'),
  knownHosts: z.string().describe("A known_hosts file in OpenSSH's format; the server's key must be in it."),
  root: z.string().min(1).default('.').describe('Folder on the server.'),
  folder,
  connections: z.int().min(1).max(8).default(2),
  serverDigest: z
    .enum(['auto', 'never'])
    .default('auto')
    .describe(
      "Whether a proof by digest may ask the server for it, by check-file or sha256sum in the account's shell, instead of reading all bytes back.",
    ),
});

export const directoryDestination = z.strictObject({
  name: identifier,
  type: z.literal('directory'),
  root: z
    .string()
    .min(1)
    .describe('Folder on this machine: a disk, a share. It must exist: an absent disk is not an empty one.'),
  folder,
});

/** A destination as both agent and hub write it in YAML. Secrets are named by file, never written in the clear. */
export const destinationConfig = z.discriminatedUnion('type', [sftpDestination, directoryDestination]);
export type DestinationConfig = z.infer<typeof destinationConfig>;

/** Where a source's tree lies below a destination's root. */
export function folderOf(template: string, names: { site: string; device: string; source: string }): string {
  return template.replace(/\{(site|device|source)\}/g, (_, key: keyof typeof names) => names[key]);
}

/** The first line of a file that holds a password. */
export function readSecret(file: string): string {
  return (readFileSync(file, 'utf8').split('\n')[0] as string).trimEnd();
}
