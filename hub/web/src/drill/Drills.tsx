import { Button } from '@mantine/core';
import { IconPlugConnectedX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Device, Drill } from '../api/documents.ts';
import { drillsQuery } from '../api/queries.ts';
import { Ago } from '../parts/Ago.tsx';
import { ErrorNotice } from '../parts/ErrorNotice.tsx';
import { Pill } from '../parts/Pill.tsx';
import { Surface } from '../parts/Surface.tsx';
import type { Tone } from '../report/outcome.ts';
import { useMay } from '../sign-in/user.ts';
import { DrillDialog } from './DrillDialog.tsx';
import classes from './Drills.module.css';
import { drillText, isEnded, LABELS } from './outcome.ts';

const TONES: Partial<Record<Drill['state'], Tone>> = { passed: 'good', failed: 'bad', refused: 'warn' };

/** The last outage drills of a device, and the way to a new one. */
export function Drills({ device }: { device: Pick<Device, 'site' | 'device' | 'presence'> }) {
  const may = useMay('operator');
  const [isAsking, setIsAsking] = useState(false);
  const { data, error, refetch } = useQuery(drillsQuery(device.site, device.device));
  const drills = data?.drills ?? [];
  const isBusy = drills.some((drill) => !isEnded(drill));
  return (
    <Surface
      title="Outage drills"
      note={`Does everything arrive after an outage? ${device.device} can act one.`}
      testId="drills"
      aside={
        may ? (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconPlugConnectedX size={15} />}
            disabled={isBusy || device.presence === 'offline'}
            title={
              isBusy ? 'A drill is under way' : device.presence === 'offline' ? 'The device is offline' : undefined
            }
            onClick={() => setIsAsking(true)}
          >
            Start drill
          </Button>
        ) : null
      }
    >
      {error && !data ? (
        <ErrorNotice title="The drills could not be read" error={error} retry={() => refetch()} />
      ) : drills.length === 0 ? (
        <p className={classes.none}>None yet.</p>
      ) : (
        <ul className={classes.list}>
          {drills.map((drill) => (
            <li key={drill.id} className={classes.item}>
              <Link to="/drills/$id" params={{ id: drill.id }} className={classes.link}>
                <Ago at={drill.orderedAt} />
              </Link>
              <span className={classes.words}>{drillText(drill)}</span>
              <Pill tone={TONES[drill.state] ?? 'calm'} pulse={!isEnded(drill)}>
                {LABELS[drill.state]}
              </Pill>
            </li>
          ))}
        </ul>
      )}
      {isAsking ? <DrillDialog site={device.site} device={device.device} onClose={() => setIsAsking(false)} /> : null}
    </Surface>
  );
}
