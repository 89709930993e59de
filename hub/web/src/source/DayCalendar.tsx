import { Text } from '@mantine/core';
import { Calendar } from '@mantine/dates';
import type { Day } from '../api/documents.ts';
import { bytesText, countText, plural } from '../format/amounts.ts';
import { dayOfDate, dayText, warmth } from '../format/days.ts';
import classes from './DayCalendar.module.css';

type Props = {
  days: Day[];
  failed: boolean;
  /** The month that is shown, by any of its dates. */
  date: string;
  onDate: (date: string) => void;
  /** `YYYYMMDD` */
  chosen: string;
  today: string;
  onChoose: (day: string) => void;
};

/** A month; the fuller a day, the warmer its colour. */
export function DayCalendar({ days, failed, date, onDate, chosen, today, onChoose }: Props) {
  const byDay = new Map(days.map((day) => [day.day, day]));
  const most = Math.max(0, ...days.map((day) => day.count));
  const total = days.reduce((sum, day) => ({ count: sum.count + day.count, bytes: sum.bytes + day.bytes }), {
    count: 0,
    bytes: 0,
  });
  return (
    <>
      <Calendar
        fullWidth
        size="md"
        maxLevel="year"
        date={date}
        maxDate={today}
        onDateChange={onDate}
        highlightToday
        ariaLabels={{
          nextMonth: 'Next month',
          previousMonth: 'Previous month',
          nextYear: 'Next year',
          previousYear: 'Previous year',
        }}
        getDayAriaLabel={(at) => {
          const day = dayOfDate(at);
          return `${dayText(day)}: ${plural(byDay.get(day)?.count ?? 0, 'picture')}`;
        }}
        getDayProps={(at) => {
          const day = dayOfDate(at);
          const held = byDay.get(day);
          return {
            selected: day === chosen,
            disabled: !held && day !== chosen,
            className: classes.day,
            'data-warmth': warmth(held?.count ?? 0, most),
            title: held ? `${plural(held.count, 'picture')}, ${bytesText(held.bytes)}` : undefined,
            onClick: () => onChoose(day),
          };
        }}
      />
      <div className={classes.foot}>
        <Text size="xs" c="dimmed" component="span">
          {failed ? 'Days could not be read' : `${countText(total.count)} this month · ${bytesText(total.bytes)}`}
        </Text>
        <span className={classes.scale} aria-hidden="true">
          fewer <i data-warmth="1" />
          <i data-warmth="2" />
          <i data-warmth="3" />
          <i data-warmth="4" /> more
        </span>
      </div>
    </>
  );
}
