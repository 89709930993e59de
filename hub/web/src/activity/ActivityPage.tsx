import { Button, Center, Skeleton } from '@mantine/core';
import { IconActivity } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { activityQuery } from '../api/queries.ts';
import { ErrorNotice } from '../parts/ErrorNotice.tsx';
import { Nothing } from '../parts/Nothing.tsx';
import { PageHead } from '../parts/PageHead.tsx';
import { Surface } from '../parts/Surface.tsx';
import { ActivityItem } from './ActivityItem.tsx';
import classes from './ActivityPage.module.css';
import { byDate } from './by-date.ts';

const STEP = 100;
const LIMIT_MAX = 500;

/** What happened lately in the whole fleet, the newest first. */
export function ActivityPage() {
  const [limit, setLimit] = useState(STEP);
  const { data, error, refetch, isFetching } = useQuery(activityQuery(limit));
  return (
    <>
      <PageHead title="Activity" lead="Captures, deliveries, outages, reports and what people ordered." />
      {error && !data ? (
        <ErrorNotice title="The activity could not be read" error={error} retry={() => refetch()} />
      ) : null}
      {!data && !error ? <Skeleton height={420} radius="lg" /> : null}
      {data?.length === 0 ? (
        <Surface>
          <Nothing icon={<IconActivity />} title="Nothing has happened yet">
            As soon as a device takes pictures, it is told here.
          </Nothing>
        </Surface>
      ) : null}
      {byDate(data ?? []).map(({ date, items }) => (
        <section key={date} className={classes.day}>
          <h2 className={classes.date}>{date}</h2>
          <Surface flush>
            <ol className={classes.list}>
              {items.map((item) => (
                <ActivityItem key={item.id} item={item} />
              ))}
            </ol>
          </Surface>
        </section>
      ))}
      {data && data.length >= limit && limit < LIMIT_MAX ? (
        <Center mt="lg">
          <Button
            variant="default"
            loading={isFetching}
            onClick={() => setLimit((now) => Math.min(LIMIT_MAX, now + STEP))}
          >
            Show more
          </Button>
        </Center>
      ) : null}
    </>
  );
}
