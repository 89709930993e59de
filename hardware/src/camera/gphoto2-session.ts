import type { Clock } from '@vigie/shared/kit/clock';
import type { CardCopy, CardRelease } from './camera.ts';
import { GphotoError } from './gphoto2-calls.ts';
import { cardName, readCondition, storagesOf } from './gphoto2-condition.ts';
import { releaseShutter, saveFile } from './gphoto2-files.ts';
import {
  type CardPath,
  type FileFacts,
  type GphotoLibrary,
  type OpenCamera,
  openGphotoLibrary,
} from './gphoto2-library.ts';
import {
  type Body,
  type BodyChoice,
  type CaptureOrder,
  FORMAT_SETTINGS,
  filesOf,
  inOrder,
  isChoice,
  isChosen,
  isSameCopy,
  type SessionAnswer,
  type SessionOrder,
} from './gphoto2-order.ts';
import { applySettings, applyTarget, firstValue } from './gphoto2-settings.ts';

/** Another program may hold the body for a moment: one of this agent that looks for its own among several. */
const BUSY = -53;
const BUSY_TRIES = 10;
const BUSY_PAUSE_MS = 500;
/** There is no such folder or file. */
const NOT_THERE = new Set([-107, -108]);
/** The connection, not the file. */
const BROKEN = new Set([-7, -10, -34, -35, -52]);

type SessionClock = Pick<Clock, 'monotonic' | 'sleep'>;

const SERIAL = ['serialnumber', 'eosserialnumber'];
const OWNER = ['ownername', 'artist'];

/**
 * One short session with one body: choose, set, capture, release, read. What was done before an error is in the answer; `say` hears
 * the answer so far after each step that cannot be done again.
 */
export async function runSession(
  order: SessionOrder,
  clock: SessionClock,
  say: (soFar: SessionAnswer) => Promise<unknown>,
): Promise<SessionAnswer> {
  const library = openGphotoLibrary();
  const answer: SessionAnswer = { found: [], files: [], released: [] };
  try {
    const chosen = await openChosen(library, await library.list(), order, answer, clock);
    if (!chosen) return answer;
    const { body, camera } = chosen;
    answer.body = body;
    answer.error = await applySettings(camera, order.settings);
    if (!answer.error && order.captureTarget) answer.error = await applyTarget(camera, order.captureTarget);
    if (answer.error) return await closed(camera, answer);
    const taken = order.capture && (await captureInto(camera, body, order.capture, answer, clock));
    if (taken) await say(answer);
    if (answer.error) return await closed(camera, answer);
    // From here on the pictures are safe: what goes wrong is told besides.
    const fault = await faultOf(async () => {
      if (order.capture?.thenDelete) for (const path of taken ?? []) await camera.remove(path);
      if (order.release) await releaseCopies(camera, body, order.release, answer);
      if (!order.condition) return;
      answer.condition = { at: 0, ...(await readCondition(camera, body)) };
      answer.filesPerCapture ??= await filesByFormat(camera);
    });
    if (fault !== undefined && taken) answer.afterwards = fault;
    else if (fault !== undefined) answer.error = { number: fault };
    return await closed(camera, answer);
  } catch (error) {
    if (!(error instanceof GphotoError)) throw error;
    answer.error = { number: error.number };
    return answer;
  }
}

async function closed(camera: OpenCamera, answer: SessionAnswer): Promise<SessionAnswer> {
  // The process ends next, and the body is free then in any case.
  await faultOf(() => camera.close());
  return answer;
}

/** The number by which libgphoto2 refused this, or undefined. */
async function faultOf(work: () => Promise<void>): Promise<number | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof GphotoError) return error.number;
    throw error;
  }
}

/** Opens the body that was chosen; every other one that had to be looked at is closed again. */
async function openChosen(
  library: GphotoLibrary,
  found: readonly Body[],
  { choice, lastPort }: SessionOrder,
  answer: SessionAnswer,
  clock: SessionClock,
): Promise<{ body: Body; camera: OpenCamera } | undefined> {
  answer.found = inOrder(found, lastPort).map((body) => ({ ...body }));
  let failure: GphotoError | undefined;
  for (let tries = 0; tries < BUSY_TRIES; tries++) {
    if (tries > 0) await clock.sleep(BUSY_PAUSE_MS);
    for (const body of answer.found) {
      if (isChosen(body, choice) === false || (tries > 0 && !body.busy)) continue;
      try {
        const camera = await library.open(body);
        body.busy = undefined;
        await identify(camera, body, choice);
        if (isChosen(body, choice) === true) return { body, camera };
        await camera.close();
      } catch (error) {
        if (!(error instanceof GphotoError)) throw error;
        if (error.number === BUSY) body.busy = true;
        else if (!isChoice(choice)) throw error;
        else failure = error;
      }
      // Without a choice it is the first that counts, also when it is held.
      if (!isChoice(choice)) break;
    }
    if (!answer.found.some(({ busy }) => busy)) break;
  }
  if (failure) throw failure;
  return undefined;
}

/** Some makers have two serial numbers, and the one on the body's plate is the second. */
async function identify(camera: OpenCamera, body: Body, choice: BodyChoice): Promise<void> {
  for (const setting of SERIAL) {
    const serial = await firstValue(camera, [setting]);
    body.serial ??= serial;
    if (
      serial === undefined ||
      choice.serial === undefined ||
      !isChosen({ ...body, serial }, { serial: choice.serial })
    )
      continue;
    body.serial = serial;
    break;
  }
  body.serial ??= '';
  if (choice.owner !== undefined) body.owner = (await firstValue(camera, OWNER)) ?? '';
}

async function captureInto(
  camera: OpenCamera,
  body: Body,
  order: CaptureOrder,
  answer: SessionAnswer,
  clock: SessionClock,
): Promise<CardPath[]> {
  const expected = order.files ?? (await filesByFormat(camera)) ?? 1;
  answer.filesPerCapture = expected;
  const paths = await releaseShutter(camera, expected, order.filesLimitMs, clock);
  // Where no copy is to be deleted later, nobody needs to know it again.
  const on = order.rememberCard ? { serial: body.serial ?? '', card: cardName(await storagesOf(camera)) } : undefined;
  for (const [at, path] of paths.entries()) answer.files.push(await saveFile(camera, path, at + 1, order, on));
  if (paths.length < expected) {
    answer.error = { missing: expected - paths.length, came: paths.map(({ name }) => name) };
  }
  return paths;
}

/** Undefined where the camera does not say in which format it takes pictures. */
async function filesByFormat(camera: OpenCamera): Promise<number | undefined> {
  const format = await firstValue(camera, FORMAT_SETTINGS);
  return format === undefined ? undefined : filesOf(format);
}

/** Deletes the copies that are really those; then looks whether they are gone, as drivers tell of no refusal. */
async function releaseCopies(
  camera: OpenCamera,
  body: Body,
  copies: readonly CardCopy[],
  answer: SessionAnswer,
): Promise<void> {
  const on = { serial: body.serial ?? '', card: cardName(await storagesOf(camera)) };
  const outcomes: CardRelease[] = [];
  for (const copy of copies) {
    const facts = await factsOf(camera, copy);
    if (!facts || !isSameCopy(copy, { ...facts, ...on })) {
      outcomes.push(facts ? 'other' : 'absent');
      continue;
    }
    const fault = await faultOf(() => camera.remove(copy));
    if (fault !== undefined && BROKEN.has(fault)) throw new GphotoError('delete', fault);
    outcomes.push('deleted');
  }
  camera.forgetListing();
  for (const [at, copy] of copies.entries()) {
    const isThere = outcomes[at] === 'deleted' && (await factsOf(camera, copy)) !== undefined;
    answer.released.push(isThere ? 'refused' : (outcomes[at] as CardRelease));
  }
}

/** Undefined where there is no such file. */
async function factsOf(camera: OpenCamera, path: CardPath): Promise<FileFacts | undefined> {
  try {
    return await camera.facts(path);
  } catch (error) {
    if (error instanceof GphotoError && NOT_THERE.has(error.number)) return undefined;
    throw error;
  }
}
