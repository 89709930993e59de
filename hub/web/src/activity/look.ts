import {
  IconAlertTriangle,
  IconCamera,
  IconCircleCheck,
  IconClock,
  IconDatabase,
  IconFileDiff,
  IconInfoCircle,
  IconPlug,
  IconPlugConnectedX,
  IconRefreshDot,
  IconTerminal,
  IconTrash,
  IconUser,
} from '@tabler/icons-react';
import type { Tone } from '../report/outcome.ts';

type Look = { icon: typeof IconCamera; tone: Tone | 'plain' };

/** The first of these that the type's name holds gives its look; the hub may add types without the dashboard's knowing. */
const LOOKS: [RegExp, Look][] = [
  [/drill-passed/, { icon: IconCircleCheck, tone: 'good' }],
  [/drill-failed/, { icon: IconAlertTriangle, tone: 'bad' }],
  [/drill/, { icon: IconPlugConnectedX, tone: 'calm' }],
  [/removed|deleted/, { icon: IconTrash, tone: 'plain' }],
  [/fail|error|rejected|refused/, { icon: IconAlertTriangle, tone: 'bad' }],
  [/offline|outage|lost|late/, { icon: IconPlugConnectedX, tone: 'warn' }],
  [/disk/, { icon: IconDatabase, tone: 'warn' }],
  [/clock/, { icon: IconClock, tone: 'warn' }],
  [/recover/, { icon: IconCamera, tone: 'warn' }],
  [/trigger/, { icon: IconCamera, tone: 'plain' }],
  [/power/, { icon: IconPlug, tone: 'warn' }],
  [/captur/, { icon: IconCamera, tone: 'good' }],
  [/deliver/, { icon: IconCircleCheck, tone: 'good' }],
  [/report/, { icon: IconFileDiff, tone: 'calm' }],
  [/job|resync|sync/, { icon: IconRefreshDot, tone: 'calm' }],
  [/online|birth|return|back/, { icon: IconPlug, tone: 'good' }],
  [/command/, { icon: IconTerminal, tone: 'calm' }],
  [/user|session|sign/, { icon: IconUser, tone: 'plain' }],
];

export const lookOf = (type: string): Look =>
  LOOKS.find(([pattern]) => pattern.test(type))?.[1] ?? { icon: IconInfoCircle, tone: 'plain' };
