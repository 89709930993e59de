import { suffixed } from '@vigie/shared/kit/durable';
import { codeOf, messageOf, VigieError } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { printable } from '@vigie/shared/kit/names';
import type { Receipt, RemoteFolder, Upload } from '@vigie/shared/remote/remote-folder';
import type { Operation, OperationJob, Outcome, ResultFile } from '../watched-folder/operation.ts';
import { placeOf } from '../watched-folder/place-pattern.ts';
import { type Document, type DocumentFigures, documentsOf, figuresOf, originals } from './documents.ts';
import { type EndpointOperation, unsound } from './endpoint-operation.ts';
import { withTimeLimit } from './time-limit.ts';

/** Where documents are stored: one destination, or one folder of `copy`. */
export type Target = { name: string; remote: RemoteFolder; fault: () => Promise<string | undefined> };

export type DeliveryRules = {
  address: string;
  conflict: 'suffix' | 'replace' | 'failure';
  proof: 'size' | 'digest';
  timeLimit: number;
};

/**
 * Stores every document of a job at every target, each with a receipt; the originals are the result once all have them. What is
 * wrong with a target is tried again, what is wrong with a file goes to failure. A repetition finds what is there already.
 */
export function createDelivery(rules: DeliveryRules, targets: readonly Target[], log: Log): EndpointOperation {
  async function storeAt({ name, remote }: Target, document: Document, upload: Upload, signal: AbortSignal) {
    for (let index = 0; index < SUFFIX_MAX; index++) {
      const path = suffixed(upload.path, index);
      try {
        const receipt = await remote.store({ ...upload, path }, signal);
        tell(name, document, path, receipt);
        return;
      } catch (error) {
        if (codeOf(error) !== 'conflict' || rules.conflict !== 'suffix') throw error;
      }
    }
    throw new VigieError(
      'conflict',
      `store "${printable(upload.path)}" at ${name}: ${SUFFIX_MAX} other files have this name and its suffixes; ` +
        'an "address" with %H%m%s or %P is needed',
    );
  }

  function tell(target: string, document: Document, path: string, { level, sent }: Receipt): void {
    log.info({ target, name: printable(document.name), path: printable(path), proof: level, sent }, 'delivered');
  }

  /** Everywhere at once. An error that may pass comes before one that will not, so that no target is left out. */
  async function storeEverywhere(
    job: OperationJob,
    document: Document,
    figures: DocumentFigures,
    signal: AbortSignal,
  ): Promise<string[]> {
    const upload: Upload = {
      localPath: document.file,
      path: addressOf(rules.address, job, document),
      ...figures,
      replace: rules.conflict === 'replace',
      proof: rules.proof,
    };
    const attempts = await Promise.allSettled(targets.map((target) => storeAt(target, document, upload, signal)));
    const errors = attempts.flatMap((attempt) => (attempt.status === 'rejected' ? [attempt.reason as unknown] : []));
    const temporary = errors.find((error) => !FOR_GOOD.has(codeOf(error)));
    if (temporary !== undefined) throw toBeRepeated(temporary);
    return errors.map(messageOf);
  }

  async function deliver(job: OperationJob, signal: AbortSignal): Promise<Outcome> {
    const documents = documentsOf(job);
    // Nobody asks for figures here: the engine takes them for its books.
    if (targets.length === 0) return { sound: { ok: true }, results: originals(documents) };
    const results: ResultFile[] = [];
    for (const document of documents) {
      const figures = await figuresOf(document.file, signal);
      const reasons = await storeEverywhere(job, document, figures, signal);
      if (reasons.length > 0) return unsound(reasons.join('; '));
      results.push({ ...document, size: figures.size, sha256: figures.sha256 });
    }
    return { sound: { ok: true }, results };
  }

  const run: Operation = (job, signal) =>
    withTimeLimit(rules.timeLimit, signal, 'deliver', (limited) => deliver(job, limited));
  return {
    run: Object.assign(run, { makesNothing: true as const }),
    async fault() {
      const faults = await Promise.all(targets.map((target) => target.fault()));
      return faults.filter(Boolean).join('; ') || undefined;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(targets.map(({ remote }) => remote[Symbol.asyncDispose]()));
    },
  };
}

/** What a pattern makes of a document: a path below the target's root. A folder job keeps its folder. */
export function addressOf(pattern: string, job: OperationJob, document: Document): string {
  const slash = document.name.lastIndexOf('/') + 1;
  const name = document.name.slice(slash);
  const { capturedAt, zone, jobId, source } = job;
  const place = placeOf(pattern, { name, capturedAt, zone, jobId, folderName: source }, name);
  const own = job.type === 'folder' ? `${job.name}/${document.name.slice(0, slash)}` : '';
  return `${place.folder === '' ? '' : `${place.folder}/`}${own}${place.name}`;
}

/** A target that refuses everything says nothing about this file: an operator must act, and the file waits. */
function toBeRepeated(error: unknown): unknown {
  if (!(error instanceof VigieError) || error.retryable) return error;
  const hint = error.hint === undefined ? {} : { hint: error.hint };
  return new VigieError(error.code, error.message, { cause: error.cause, retryable: true, ...hint });
}

const FOR_GOOD = new Set(['conflict', 'path', 'not-a-file']);
const SUFFIX_MAX = 100;
