import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { devicesQuery } from '../api/queries.ts';
import { ErrorNotice } from '../parts/ErrorNotice.tsx';
import { PageHead } from '../parts/PageHead.tsx';
import { entriesOf, type FleetView, filterEntries, summaryOf } from './entries.ts';
import { FirstDevice } from './FirstDevice.tsx';
import { FleetFilter } from './FleetFilter.tsx';
import { FleetGrid, FleetSkeleton } from './FleetGrid.tsx';
import { SummaryStrip } from './SummaryStrip.tsx';

/** The whole fleet at a glance: is everything taken, does everything arrive? */
export function FleetPage() {
  const { data, error, refetch } = useQuery(devicesQuery());
  const [search, setSearch] = useState('');
  const [view, setView] = useState<FleetView>('all');
  const entries = useMemo(() => entriesOf(data ?? []), [data]);
  const shown = useMemo(() => filterEntries(entries, search, view), [entries, search, view]);
  const reset = () => {
    setSearch('');
    setView('all');
  };
  return (
    <>
      <PageHead title="Fleet" lead="What is taken, where it is, and whether it has arrived." />
      {error && !data ? (
        <ErrorNotice title="The fleet could not be read" error={error} retry={() => refetch()} />
      ) : null}
      {!data && !error ? <FleetSkeleton /> : null}
      {data && entries.length === 0 ? <FirstDevice /> : null}
      {data && entries.length > 0 ? (
        <>
          <SummaryStrip summary={summaryOf(data, entries)} onView={setView} />
          <FleetFilter
            search={search}
            onSearch={setSearch}
            view={view}
            onView={setView}
            shown={shown.length}
            total={entries.length}
          />
          <FleetGrid entries={shown} onReset={reset} />
        </>
      ) : null}
    </>
  );
}
