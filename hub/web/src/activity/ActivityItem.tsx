import type { Activity } from '../api/documents.ts';
import { shownName } from '../format/names.ts';
import { clockText } from '../format/times.ts';
import classes from './ActivityItem.module.css';
import { lookOf } from './look.ts';

/** One thing that happened. */
export function ActivityItem({ item }: { item: Activity }) {
  const { icon: Icon, tone } = lookOf(item.type);
  const place = [item.site, item.device].filter(Boolean).join(' / ');
  return (
    <li className={classes.root} data-testid="activity-item">
      <span className={classes.icon} data-tone={tone} aria-hidden="true">
        <Icon size={17} stroke={1.8} />
      </span>
      <span className={classes.message}>
        {shownName(item.message)}
        {place ? <span className={classes.place}>{place}</span> : null}
      </span>
      <time className={classes.time} dateTime={item.at}>
        {clockText(item.at)}
      </time>
    </li>
  );
}
