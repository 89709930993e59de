import type { Explanation } from '@vigie/shared/protocol/messages';
import type { Action, Unmatched, UnmatchedClass } from '@vigie/shared/protocol/report';

/** Each action in words for a person. What the words leave open (which error, proved where) the cause beside them says. */
export const ADVICE: Record<Action, string> = {
  resync: 'Re-run & Sync sends it.',
  'resync-replace': 'Re-run & Sync sends it again, in the place of what is there.',
  wait: 'Nothing to do: it is queued, and goes by itself.',
  resume: 'Resume what a person has paused: its re-sync, or all deliveries to the destination.',
  'mend-destination': 'Mend the destination as its error says; deliveries go on by themselves then.',
  'look-at-source': 'Look at the file at the source: it cannot be sent as it is.',
  'look-at-destination': 'Look at this name at the destination, by hand: the right file cannot be put there.',
  'copy-from-elsewhere': 'Copy it from the destination that proved it: the source has removed its own.',
  'copy-by-hand': 'Copy it from the source side by hand: no device delivers to this place.',
  rerun: 'Run the report again.',
  'none-needed': 'Nothing is lost. What a destination holds besides is never deleted.',
};

/** What two lists alone say of an asset that is not matched, while nobody is known who could send it. */
export function actionOfLists(
  name: UnmatchedClass,
  known: { unreadableAtSource: boolean; purged: boolean },
): Unmatched['action'] {
  if (name === 'extra') return 'none-needed';
  if (name === 'unreadable') return known.unreadableAtSource ? 'look-at-source' : 'look-at-destination';
  return known.purged ? 'copy-from-elsewhere' : 'copy-by-hand';
}

/**
 * What mends it where the left side is a source that delivers to the right side.
 *
 * @param told the device's word on the asset; undefined where it could not be asked: an order reaches it once it is back
 */
export function actionOfSource(
  { class: name, action }: Pick<Unmatched, 'class' | 'action'>,
  told: Pick<Explanation, 'cause' | 'code'> | undefined,
): Action {
  if (action !== 'copy-by-hand') return action;
  const send: Action = name === 'missing' ? 'resync' : 'resync-replace';
  switch (told?.cause) {
    case 'purged':
      return 'copy-from-elsewhere';
    case 'not-held':
      return 'rerun';
    // Its filter has changed since the hub heard of it, or left out what is there already: no re-sync goes against it.
    case 'left-out':
      return name === 'missing' ? 'rerun' : 'look-at-destination';
    case 'paused':
      return 'resume';
    case 'destination-waiting':
      if (told.code === 'paused') return 'resume';
      return NEEDS_A_PERSON.has(told.code ?? '') ? 'mend-destination' : waits(name);
    case 'queued':
    case 'retrying':
    case 'held-back':
      return waits(name);
    case 'failed':
      return told.code === undefined ? send : (AFTER_FAILURE.get(told.code) ?? send);
    default:
      return send;
  }
}

/** A queued delivery is not allowed to put anything in the place of what is there: a re-sync is. */
const waits = (name: UnmatchedClass): Action => (name === 'missing' ? 'wait' : 'resync-replace');

/** Faults of a destination that do not go away by themselves (`remote-folder.ts`); every other one is waited for. */
const NEEDS_A_PERSON: ReadonlySet<string> = new Set([
  'host-key',
  'authentication',
  'permission',
  'root-absent',
  'config',
  'destination-full',
  'destination-refuses',
]);

/** Failures that sending again as before would only repeat. */
const AFTER_FAILURE: ReadonlyMap<string, Action> = new Map([
  ['conflict', 'resync-replace'],
  ['source-changed', 'look-at-source'],
  ['not-a-file', 'look-at-source'],
  ['path', 'look-at-destination'],
]);
