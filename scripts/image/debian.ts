import { command } from './command.ts';

/** The release that the image is made of. Its arm64 packages come from the mirrors that this machine's own apt uses. */
export const SUITE = 'trixie';
export const ARCHITECTURE = 'arm64';
export const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

export type Mirrors = { debian: string; security: string };

/** @throws an Error where apt knows no Debian mirror */
export async function mirrors(): Promise<Mirrors> {
  const targets = await command('apt-get', [
    'indextargets',
    'Origin: Debian',
    'Created-By: Packages',
    '--format',
    '$(LABEL) $(REPO_URI)',
  ]);
  const of = (label: string) => new RegExp(`^${label} (\\S+?)/?$`, 'm').exec(targets)?.[1] ?? missing(label);
  return { debian: of('Debian'), security: of('Debian-Security') };
}

function missing(label: string): never {
  throw new Error(`build the image: apt knows no mirror with the label "${label}"; run "apt-get update" first`);
}

/** Lines of sources.list for these components. */
export const sources = ({ debian, security }: Mirrors, components: string): string[] => [
  `deb [signed-by=${KEYRING}] ${debian} ${SUITE} ${components}`,
  `deb [signed-by=${KEYRING}] ${security} ${SUITE}-security ${components}`,
];

/** Names of a list in which `#` begins a remark. */
export const namesIn = (text: string): string[] =>
  text
    .split('\n')
    .flatMap((line) => (line.split('#')[0] as string).split(/\s+/))
    .filter((name) => name !== '');
