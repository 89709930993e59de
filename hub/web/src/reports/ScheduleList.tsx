import { useQuery } from '@tanstack/react-query';
import { schedulesQuery } from '../api/queries.ts';
import { Rows } from '../parts/Rows.tsx';
import { Surface } from '../parts/Surface.tsx';
import { scheduleRows } from './schedule-rows.ts';

/** What the hub does by itself. It is read here, and changed in its configuration. */
export function ScheduleList() {
  const { data } = useQuery(schedulesQuery());
  if (!data) return null;
  return (
    <Surface
      title="By itself"
      note={`Set in the hub's configuration, ${data.setIn}, which it reads when it starts.`}
      testId="schedules"
    >
      <Rows rows={scheduleRows(data)} />
    </Surface>
  );
}
