import { codeOf, VigieError } from '@vigie/shared/kit/errors';
import type { HubServices } from '../http/services.ts';
import type { SourceName } from '../store/inventories.ts';
import type { CertificateArchive, Kept } from './archive.ts';
import { type Header, isWhole } from './certificate.ts';

/** Certificates as the HTTP API shows and serves them. */
export function createCertificates(options: {
  archive: CertificateArchive;
  publicKey: string;
  /** Has the hub ever heard of this source? */
  isKnown: (name: SourceName) => boolean;
}): HubServices['certificates'] {
  const { archive, publicKey, isKnown } = options;

  function present(name: SourceName): void {
    if (isKnown(name)) return;
    throw new VigieError('not-found', `source "${name.device}/${name.source}": the hub has never heard of it`);
  }

  /** Undefined for a file that somebody has damaged: the others are listed all the same. */
  async function headerOf(name: SourceName, kept: Kept): Promise<Header | undefined> {
    try {
      return await archive.header(name, kept);
    } catch (error) {
      if (codeOf(error) !== 'certificate') throw error;
      return undefined;
    }
  }

  return {
    async list(name, offset, limit) {
      present(name);
      const kept = await archive.list(name);
      const page: Awaited<ReturnType<HubServices['certificates']['list']>> = {
        ...{ total: kept.length, publicKey, certificates: [], damaged: [] },
      };
      for (const one of kept.slice(offset, offset + limit)) {
        const header = await headerOf(name, one);
        if (!header) page.damaged.push(one);
        else {
          const { issuedAt, leaves, remarks, destinations } = header;
          page.certificates.push({ ...one, issuedAt, leaves, remarks, whole: isWhole(header), destinations });
        }
      }
      return page;
    },
    async read(name, day, number) {
      present(name);
      const found = (await archive.list(name)).find(
        (k) => k.day === day && (number === undefined || k.number === number),
      );
      if (!found) {
        const which = number === undefined ? '' : ` with the number ${number}`;
        throw new VigieError('not-found', `certificate of ${day}: there is none${which}`);
      }
      return { number: found.number, bytes: archive.read(name, found) };
    },
  };
}
