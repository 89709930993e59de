import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import type { SourceAddress } from '../api/documents.ts';
import { daysQuery } from '../api/queries.ts';
import { dateIn, dateOfDay, dayOfDate, monthOfDate } from '../format/days.ts';
import { Surface } from '../parts/Surface.tsx';
import classes from './Archive.module.css';
import { DayCalendar } from './DayCalendar.tsx';
import { DayPictures } from './DayPictures.tsx';

const route = getRouteApi('/devices/$site/$device/$source');

/** Every day of a source: a calendar, and the pictures of the chosen day. The day is in the address, to be linked to. */
export function Archive({ address, zone }: { address: SourceAddress; zone: string | undefined }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const today = dateIn(zone, Date.now());
  const [shownDate, setShownDate] = useState(search.day ? dateOfDay(search.day) : today);
  const { data: days, error } = useQuery(daysQuery(address, monthOfDate(shownDate)));
  const newest = days?.reduce<string | undefined>((a, { day }) => (a === undefined || day > a ? day : a), undefined);
  const day = search.day ?? newest ?? dayOfDate(today);
  return (
    <div className={classes.root}>
      <div className={classes.days}>
        <Surface title="Days">
          <DayCalendar
            days={days ?? []}
            failed={error !== null}
            date={shownDate}
            onDate={setShownDate}
            chosen={day}
            today={today}
            onChoose={(chosen) => navigate({ search: { day: chosen }, replace: true, resetScroll: false })}
          />
        </Surface>
      </div>
      <DayPictures key={day} address={address} day={day} zone={zone} />
    </div>
  );
}
