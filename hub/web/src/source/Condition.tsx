import type { Device, KnownSource, SourceState } from '../api/documents.ts';
import { ActivityPills } from '../fleet/ActivityPills.tsx';
import { bytesText, countText, plural } from '../format/amounts.ts';
import { slotsText } from '../format/slots.ts';
import { durationText, millisOf } from '../format/times.ts';
import { Ago } from '../parts/Ago.tsx';
import { useNow } from '../parts/now.ts';
import { type Row, Rows } from '../parts/Rows.tsx';
import { Surface } from '../parts/Surface.tsx';

type Props = { device: Device; state: SourceState | undefined; known: KnownSource | undefined };

/** How the source and its device are. */
export function Condition({ device, state, known }: Props) {
  const whole = device.state;
  const rows: Row[] = [
    ['Last capture', state?.lastCaptureAt ? <Ago key="at" at={state.lastCaptureAt} zone={state.zone} /> : 'none yet'],
    ['Next capture', state?.nextCaptureAt ? <Until key="at" at={state.nextCaptureAt} /> : 'not scheduled'],
    ...(state?.schedule ? [['Schedule', state.schedule] satisfies Row] : []),
    ...(state?.slots ? slotRows(state.slots) : []),
    ['Held on the device', state ? `${plural(state.held.count, 'file')} · ${bytesText(state.held.bytes)}` : 'not told'],
    ['Known to the hub', known ? knownText(known) : 'nothing yet'],
    ['Waiting to be processed', countText(state?.waiting ?? 0)],
    ['Files in failure', countText(state?.failures ?? 0)],
  ];
  if (whole)
    rows.push(
      ['Disk', diskText(state?.disk ?? whole.disk)],
      [
        'Agent',
        `${whole.version}, up ${durationText(whole.uptimeS * 1000)}, ${bytesText(whole.residentBytes)} of memory`,
      ],
    );
  if (state?.condition) rows.push(...cameraRows(state.condition));
  if (state) rows.push(['Time zone', state.zone]);
  // Windows take a whole line, and have one of the rows.
  const pills = state ? (
    <ActivityPills state={{ ...state, schedule: undefined }} offline={device.presence === 'offline'} />
  ) : null;
  return (
    <Surface title="Condition" aside={pills}>
      <Rows rows={rows} />
    </Surface>
  );
}

function diskText({ freeBytes, totalBytes, daysLeft }: NonNullable<Device['state']>['disk']): string {
  const room = `${bytesText(freeBytes)} of ${bytesText(totalBytes)} free`;
  if (daysLeft === undefined || daysLeft === null) return room;
  return `${room}, ${daysLeft < 1 ? 'less than a day' : `about ${plural(Math.floor(daysLeft), 'day')}`} left`;
}

/** What the camera tells of itself: nothing of it is promised. */
function cameraRows(camera: NonNullable<SourceState['condition']>): Row[] {
  const { model, serial, lens, batteryPercent, shutterCount, cardFreeBytes, cardTotalBytes } = camera;
  const rows: Row[] = [['Camera', serial ? `${model}, serial number ${serial}` : model]];
  if (lens) rows.push(['Lens', lens]);
  if (batteryPercent !== undefined) rows.push(['Battery', `${Math.round(batteryPercent)} %`]);
  if (cardFreeBytes !== undefined) {
    const of = cardTotalBytes === undefined ? '' : ` of ${bytesText(cardTotalBytes)}`;
    rows.push(['Memory card', `${bytesText(cardFreeBytes)}${of} free`]);
  }
  if (shutterCount !== undefined) rows.push(['Shutter', plural(shutterCount, 'release')]);
  return rows;
}

/** What became of the slots of today and yesterday: the pictures first, then why there is none. */
const slotRows = ({ today, yesterday }: NonNullable<SourceState['slots']>): Row[] => [
  ['Slots today', slotsText(today)],
  ['Slots yesterday', slotsText(yesterday)],
];

const knownText = ({ inventory }: KnownSource) =>
  `${plural(inventory.count, 'file')}${inventory.reconciled ? ', reconciled' : ', catching up'}`;

/** A device tells of its state so often; an instant that lies further back has gone by unheard. */
const LATE_MS = 60_000;

function Until({ at }: { at: number }) {
  const ms = millisOf(at) - useNow();
  if (ms > 0) return <>in {durationText(ms)}</>;
  return ms > -LATE_MS ? (
    'now'
  ) : (
    <>
      was due <Ago at={at} />
    </>
  );
}
