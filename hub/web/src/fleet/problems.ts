import type { Device, PowerState, SourceState } from '../api/documents.ts';
import { bytesText, plural } from '../format/amounts.ts';

/** What a person should look at. `bad` means that pictures are not taken or do not arrive; `warn` that they may soon not. */
export type Problem = { level: 'bad' | 'warn'; title: string; message: string; hint?: string | undefined };

/** A disk emptier than this can be ignored; fuller, it is worth a word. */
const DISK_FREE_MIN = 0.08;

/** Problems of the whole device, which concern each of its sources. */
export function deviceProblems({ presence, state, drill }: Pick<Device, 'presence' | 'state' | 'drill'>): Problem[] {
  const found: Problem[] = [];
  // For a drill it is away because somebody wants it to be.
  if (presence === 'offline' && drill === null)
    found.push({
      level: 'bad',
      title: 'Device offline',
      message: 'It is not heard of. It goes on taking pictures by itself if it has power.',
      hint: 'Look at its power and its network. What it holds is delivered when it is back.',
    });
  if (state && !state.clockTrusted)
    found.push({
      level: 'warn',
      title: 'Clock not trusted',
      message: 'The device has no time from the network or a clock chip yet.',
      hint: 'Pictures are kept; their times may be wrong.',
    });
  const rung = state?.disk.rung;
  if (state && (rung === 'stop-processing' || rung === 'skip-captures'))
    found.push({
      level: 'bad',
      title: 'Disk full',
      message:
        rung === 'skip-captures'
          ? `Captures are skipped: ${plural(state.disk.skippedCaptures ?? 0, 'picture')} since the agent's start.`
          : 'Nothing is processed until there is room.',
      hint: 'Only files that are proved at their destinations are removed. Are the destinations reached?',
    });
  else if (state && state.disk.totalBytes > 0 && state.disk.freeBytes / state.disk.totalBytes < DISK_FREE_MIN)
    found.push({
      level: 'warn',
      title: 'Disk nearly full',
      message: `${bytesText(state.disk.freeBytes)} of ${bytesText(state.disk.totalBytes)} are free.`,
    });
  found.push(...powerProblems(state?.power));
  const ailing = (state?.endpoints ?? []).filter(({ error }) => error !== null);
  for (const { name, error } of ailing)
    found.push({
      level: 'warn',
      title: `Endpoint ${name} does not work`,
      message: error?.message ?? '',
      hint: error?.hint,
    });
  return found;
}

function powerProblems(power: PowerState | undefined): Problem[] {
  if (!power) return [];
  const found: Problem[] = [];
  if (power.flags?.includes('under-voltage-now'))
    found.push({
      level: 'warn',
      title: 'Too low a voltage',
      message: 'The device tells that its supply gives too little, now.',
      hint: 'A weak supply or a thin cable: cameras and cards fail first.',
    });
  for (const { name, message } of power.faults) found.push({ level: 'warn', title: `${name} cannot be used`, message });
  return found;
}

/** Problems of one source: camera, folder, destinations. */
export function sourceProblems(state: SourceState | undefined): Problem[] {
  if (!state) return [];
  const found: Problem[] = [];
  if (state.rebuilding)
    found.push({
      level: 'warn',
      title: 'A new ledger is being filled',
      message:
        'The device reads all files of the source into it. Until that has ended, no report says what is missing.',
    });
  else if (state.storage === 'absent')
    found.push({
      level: 'bad',
      title: 'Storage absent',
      message: "The source's folder is not there, so nothing is known about its pictures.",
      hint: 'Is the disk plugged in and mounted?',
    });
  const failure = state.lastFailure;
  if (failure && failure.at > (state.lastCaptureAt ?? 0))
    found.push({ level: 'bad', title: 'Capture failed', message: failure.message });
  if (state.failures > 0)
    found.push({
      level: 'warn',
      title: `${plural(state.failures, 'file')} in the failure folder`,
      message: 'They could not be processed and are kept as they are.',
      hint: 'failure.log beside them says why.',
    });
  for (const destination of state.destinations)
    if (destination.paused)
      found.push({
        level: 'warn',
        title: `Deliveries to ${destination.name} are paused`,
        message: `By ${destination.paused.by}. Pictures are taken and kept meanwhile.`,
        hint: 'They go on when they are resumed under Destinations, or when the time is over.',
      });
    else if (destination.error)
      found.push({
        level: 'bad',
        title: `Nothing arrives at ${destination.name}`,
        message: destination.error.message,
        hint: destination.error.hint,
      });
  return found;
}
