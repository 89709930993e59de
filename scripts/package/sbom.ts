import { createHash } from 'node:crypto';

/** One part of what is delivered; `purl` where it can be had from a registry. Source: the CycloneDX 1.6 specification. */
export type Part = {
  name: string;
  version: string;
  /** An SPDX identifier or expression, or the name of a licence. */
  licence?: string | undefined;
  purl?: string | undefined;
  type?: 'library' | 'framework' | 'file' | 'application';
};

/** A software bill of materials in CycloneDX 1.6, the same for the same parts: `at` and the serial number follow from what goes in. */
export function billOfMaterials(about: {
  program: string;
  version: string;
  arch: string;
  /** SHA-256 of the executable, in hexadecimal. */
  sha256: string;
  at: Date;
  parts: Part[];
}): object {
  const { program, version, arch, sha256, at } = about;
  const parts = unique(about.parts);
  const own = `vigie-${program}@${version}`;
  const references = parts.map(referenceOf);
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(`${own} ${arch} ${sha256}`)}`,
    version: 1,
    metadata: {
      timestamp: at.toISOString(),
      lifecycles: [{ phase: 'build' }],
      component: {
        type: 'application',
        'bom-ref': own,
        name: `vigie-${program}`,
        version,
        licenses: [{ license: { id: 'Apache-2.0' } }],
        hashes: [{ alg: 'SHA-256', content: sha256 }],
        properties: [{ name: 'vigie:architecture', value: arch }],
      },
    },
    components: parts.map((part) => ({
      type: part.type ?? 'library',
      'bom-ref': referenceOf(part),
      name: part.name,
      version: part.version,
      ...(part.licence !== undefined && { licenses: [licenceOf(part.licence)] }),
      ...(part.purl !== undefined && { purl: part.purl }),
    })),
    dependencies: [{ ref: own, dependsOn: references }, ...references.map((ref) => ({ ref }))],
  };
}

export const npmUrl = (name: string, version: string): string =>
  `pkg:npm/${name.split('/').map(encodeURIComponent).join('/')}@${version}`;

const referenceOf = ({ name, version, purl }: Part): string => purl ?? `${name}@${version}`;

/** A single identifier, an expression of several, or a name that SPDX does not know. */
function licenceOf(text: string): object {
  if (/ (OR|AND|WITH) /.test(text)) return { expression: text };
  return /^[A-Za-z0-9.+-]+$/.test(text) ? { license: { id: text } } : { license: { name: text } };
}

function unique(parts: Part[]): Part[] {
  const known = new Map(parts.map((part) => [referenceOf(part), part]));
  return [...known.keys()].sort().map((reference) => known.get(reference) as Part);
}

/** A UUID of version 8, RFC 9562: its bits are our own. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const variant = ((Number.parseInt(hex[16] as string, 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
