import { Chip, Group, Loader, Pagination, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconCircleCheck, IconSearch, IconSearchOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Report, UnmatchedClass } from '../api/documents.ts';
import { unmatchedQuery } from '../api/queries.ts';
import { countText, plural } from '../format/amounts.ts';
import { ErrorNotice } from '../parts/ErrorNotice.tsx';
import { Nothing } from '../parts/Nothing.tsx';
import { Surface } from '../parts/Surface.tsx';
import { CLASS_LABELS } from './classes.ts';
import { unmatchedOf } from './outcome.ts';
import { totalOf } from './since-last.ts';
import classes from './Unmatched.module.css';
import { UnmatchedTable } from './UnmatchedTable.tsx';

const PAGE_ENTRIES = 50;
const NAMES = ['missing', 'differing', 'corrupt', 'unreadable', 'extra'] as const;

/** Every file that does not match, by class, searched and paged by the hub. */
export function Unmatched({ report }: { report: Report }) {
  const [chosen, setChosen] = useState<'all' | UnmatchedClass>('all');
  const [onlyNew, setOnlyNew] = useState(false);
  const [search, setSearch] = useState('');
  const [sought] = useDebouncedValue(search.trim(), 250);
  const [page, setPage] = useState(1);
  const filter = {
    class: chosen === 'all' ? undefined : chosen,
    search: sought || undefined,
    isNew: onlyNew || undefined,
  };
  const all = unmatchedOf(report);
  const fresh = report.previous ? totalOf(report.previous.appeared) : 0;
  const { data, error, isFetching, refetch } = useQuery({
    ...unmatchedQuery(report.id, filter, (page - 1) * PAGE_ENTRIES, PAGE_ENTRIES),
    enabled: all > 0,
  });
  const pages = Math.ceil((data?.total ?? 0) / PAGE_ENTRIES);
  if (all === 0)
    return (
      <Surface title="Unmatched files">
        <Nothing compact icon={<IconCircleCheck />} title="Nothing is unmatched" />
      </Surface>
    );
  const countOf = (name: UnmatchedClass) => (onlyNew ? (report.previous?.appeared[name] ?? 0) : report[name].count);
  const choices = [['all', `All ${countText(onlyNew ? fresh : all)}`] as const].concat(
    NAMES.filter((name) => countOf(name) > 0 || chosen === name).map(
      (name) => [name, `${CLASS_LABELS[name]} ${countText(countOf(name))}`] as never,
    ),
  );
  return (
    <Surface
      flush
      title="Unmatched files"
      testId="unmatched"
      aside={isFetching ? <Loader size="xs" aria-label="Loading" /> : null}
    >
      <div className={classes.tools}>
        <Chip.Group
          value={chosen}
          onChange={(value) => {
            setChosen(value as 'all' | UnmatchedClass);
            setPage(1);
          }}
        >
          <Group gap={6} role="radiogroup" aria-label="Class">
            {choices.map(([value, label]) => (
              <Chip
                key={value}
                value={value}
                size="sm"
                icon={null}
                classNames={{ iconWrapper: classes.noIcon, label: classes.chip }}
              >
                {label}
              </Chip>
            ))}
          </Group>
        </Chip.Group>
        {fresh > 0 ? (
          <Chip
            size="sm"
            icon={null}
            variant="light"
            classNames={{ iconWrapper: classes.noIcon, label: classes.chip }}
            checked={onlyNew}
            onChange={(checked) => {
              setOnlyNew(checked);
              setPage(1);
            }}
          >
            New since the last report {countText(fresh)}
          </Chip>
        ) : null}
        <TextInput
          className={classes.search}
          aria-label="Search paths"
          placeholder="Search paths and causes"
          leftSection={<IconSearch size={16} />}
          value={search}
          onChange={(event) => {
            setSearch(event.currentTarget.value);
            setPage(1);
          }}
        />
      </div>
      {error && !data ? <ErrorNotice title="The list could not be read" error={error} retry={() => refetch()} /> : null}
      {data && data.total > 0 ? <UnmatchedTable entries={data.entries} /> : null}
      {data?.total === 0 ? <Nothing compact icon={<IconSearchOff />} title="No file fits this search" /> : null}
      {data && data.total > 0 ? (
        <Group justify="space-between" className={classes.foot}>
          <Text size="xs" c="dimmed">
            {plural(data.total, 'file')}
            {pages > 1 ? `, page ${countText(page)} of ${countText(pages)}` : ''}
          </Text>
          {pages > 1 ? (
            <Pagination
              size="sm"
              siblings={1}
              total={pages}
              value={page}
              onChange={setPage}
              getControlProps={(control) => ({ 'aria-label': `${control} page` })}
            />
          ) : null}
        </Group>
      ) : null}
    </Surface>
  );
}
