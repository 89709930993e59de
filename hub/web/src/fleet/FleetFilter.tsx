import { CloseButton, Select, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import type { FleetView } from './entries.ts';
import classes from './FleetFilter.module.css';

type Props = {
  search: string;
  onSearch: (search: string) => void;
  view: FleetView;
  onView: (view: FleetView) => void;
  shown: number;
  total: number;
};

const VIEWS: { value: FleetView; label: string }[] = [
  { value: 'all', label: 'All sources' },
  { value: 'problems', label: 'With problems' },
  { value: 'backlog', label: 'With backlog' },
  { value: 'offline', label: 'Late or offline' },
];

/** Search by name and a view on the fleet. */
export function FleetFilter({ search, onSearch, view, onView, shown, total }: Props) {
  return (
    <search className={classes.root}>
      <TextInput
        className={classes.search}
        aria-label="Search the fleet"
        placeholder="Search site, device, source or camera"
        leftSection={<IconSearch size={16} />}
        rightSection={search ? <CloseButton size="sm" aria-label="Clear search" onClick={() => onSearch('')} /> : null}
        value={search}
        onChange={(event) => onSearch(event.currentTarget.value)}
      />
      <Select
        className={classes.view}
        aria-label="View"
        data={VIEWS}
        value={view}
        allowDeselect={false}
        onChange={(value) => onView(value ?? 'all')}
      />
      <span className={classes.count} aria-live="polite">
        {shown === total ? `${total} shown` : `${shown} of ${total} shown`}
      </span>
    </search>
  );
}
