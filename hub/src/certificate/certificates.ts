import { codeOf, VigieError } from '@vigie/shared/kit/errors';
import type { HubServices } from '../http/services.ts';
import type { SourceName } from '../store/inventories.ts';
import type { CertificateArchive, Kept } from './archive.ts';
import { type Header, isWhole, slotsIn } from './certificate.ts';
import { verifyCertificate } from './verify.ts';

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

  async function find(name: SourceName, day: string, number: number | undefined): Promise<Kept> {
    present(name);
    const found = (await archive.list(name)).find(
      (k) => k.day === day && (number === undefined || k.number === number),
    );
    if (found) return found;
    const which = number === undefined ? '' : ` with the number ${number}`;
    throw new VigieError('not-found', `certificate of ${day}: there is none${which}`);
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
          page.certificates.push({
            ...one,
            issuedAt,
            leaves,
            remarks,
            whole: isWhole(header),
            slots: slotsIn(header),
            destinations,
          });
        }
      }
      return page;
    },
    async read(name, day, number) {
      const found = await find(name, day, number);
      return { number: found.number, bytes: archive.read(name, found) };
    },
    async remarks(name, day, number, offset, limit) {
      const found = await find(name, day, number);
      const { faults, remarks } = await verifyCertificate(archive.read(name, found));
      if (faults.length > 0) {
        throw new VigieError('certificate', `certificate ${found.number} of ${day}: it is damaged: ${faults[0]}`);
      }
      return { number: found.number, total: remarks.length, remarks: remarks.slice(offset, offset + limit) };
    },
  };
}
