import { readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import { codeOf, messageOf, VigieError } from '@vigie/shared/kit/errors';
import { printable } from '@vigie/shared/kit/names';
import { readSecret } from '@vigie/shared/remote/destination-config';
import type { Operation, OperationJob, Outcome, ResultFile } from '../watched-folder/operation.ts';
import { placeOf } from '../watched-folder/place-pattern.ts';
import { type Document, documentsOf, originals } from './documents.ts';
import { type EndpointOperation, unsound } from './endpoint-operation.ts';
import { type FileAnswer, sendFile } from './http-request.ts';
import type { OperationOf } from './operation-config.ts';
import { fileFault } from './targets.ts';
import { filled } from './template.ts';
import { withTimeLimit } from './time-limit.ts';

/**
 * Sends each document of a job to an address. 2xx is sound; 408, 429, 5xx, silence and a broken connection are tried again;
 * any other answer sends the job to failure with the first words of its body. A repetition carries the same `idempotency-key`.
 */
export function createHttp(config: OperationOf<'http'>): EndpointOperation {
  const { tokenFile, caFile } = config;
  const { host } = new URL(config.url.replaceAll(/[{}]/g, ''));

  async function send(
    job: OperationJob,
    document: Document,
    index: number,
    answerFile: string | undefined,
    signal: AbortSignal,
  ): Promise<FileAnswer> {
    const text = (template: string) => filled(template, ({ word }) => encodeURIComponent(told(word, job, document)));
    const headers = Object.fromEntries(
      Object.entries(config.headers).map(([name, value]) => [name.toLowerCase(), text(value)]),
    );
    if (tokenFile !== undefined) headers.authorization = `Bearer ${readSecret(tokenFile)}`;
    const order = {
      url: text(config.url),
      method: config.method,
      headers: { 'idempotency-key': `${job.source}/${job.jobId}/${index}`, ...headers },
      ca: caFile === undefined ? undefined : [...rootCertificates, readFileSync(caFile, 'utf8')],
      file: document.file,
      sizeMax: config.sizeMax,
      answerFile,
      answerMax: config.answerMax,
    };
    const action = `send "${printable(document.name)}" to ${host}`;
    return withTimeLimit(config.timeLimit, signal, action, (limited) => sendFile(order, limited));
  }

  /** An error of the request, told apart: the file's, for good; everything else says nothing about it. */
  function explained(error: unknown, document: Document): Outcome {
    if (['too-large', 'not-a-file', 'answer-too-large'].includes(codeOf(error))) return unsound(messageOf(error));
    if (codeOf(error) === 'time-limit') throw error;
    throw new VigieError('network', `send "${printable(document.name)}" to ${host}: there was no whole answer`, {
      cause: error,
      retryable: true,
      hint: 'It is tried again. Check the address, the network and, for https, the certificates.',
    });
  }

  const run: Operation = async (job, signal) => {
    const documents = documentsOf(job);
    const answers: ResultFile[] = [];
    const folder = config.result === 'answer' ? await mkdtemp(`${job.workFolder}/answers-`) : undefined;
    for (const [index, document] of documents.entries()) {
      const file = folder === undefined ? undefined : `${folder}/${index}`;
      let answer: FileAnswer;
      try {
        answer = await send(job, document, index, file, signal);
      } catch (error) {
        signal.throwIfAborted();
        return explained(error, document);
      }
      const { status, words } = answer;
      if (status < 200 || status >= 300) {
        const what = `the server answered ${status} to "${printable(document.name)}"`;
        const reason = words.trim() === '' ? what : `${what}: ${printable(words.trim())}`;
        if (!isTemporary(status)) return unsound(reason);
        throw new VigieError('http-status', reason, { retryable: true, hint: 'It is tried again.' });
      }
      if (file !== undefined) answers.push({ file, name: answerName(job, document) });
    }
    return { sound: { ok: true }, results: folder === undefined ? originals(documents) : answers };
  };

  /** Beside the document's place in the job, under the name that the pattern gives it. */
  function answerName(job: OperationJob, document: Document): string {
    const slash = document.name.lastIndexOf('/') + 1;
    const name = document.name.slice(slash);
    const { capturedAt, zone, jobId, source } = job;
    const place = placeOf(config.resultName, { name, capturedAt, zone, jobId, folderName: source }, name);
    return `${document.name.slice(0, slash)}${place.name}`;
  }

  const isTemporary = (status: number): boolean =>
    status >= 500 || status === 408 || status === 429 || config.tryAgain.includes(status);

  return {
    run: config.result === 'original' ? Object.assign(run, { makesNothing: true as const }) : run,
    async fault() {
      const files = [tokenFile, caFile].filter((file) => file !== undefined);
      const faults = await Promise.all(files.map(fileFault));
      return faults.filter(Boolean).join('; ') || undefined;
    },
    async [Symbol.asyncDispose]() {
      // Every request has a connection of its own, which ends with it.
    },
  };
}

function told(word: string, job: OperationJob, document: Document): string {
  if (word === 'jobId') return job.jobId;
  return word === 'source' ? job.source : document.name;
}
