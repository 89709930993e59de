import type { Drill } from '../api/documents.ts';
import { Surface } from '../parts/Surface.tsx';
import classes from './Course.module.css';
import { courseOf } from './outcome.ts';

/** The stations of a drill, from its beginning until everything was in order. */
export function Course({ drill }: { drill: Drill }) {
  return (
    <Surface title="Course">
      <ol className={classes.list}>
        {courseOf(drill).map(({ label, at, after, isMissed }) => (
          <li
            key={label}
            className={classes.step}
            data-reached={at !== null || undefined}
            data-missed={isMissed || undefined}
          >
            <span className={classes.dot} aria-hidden="true" />
            <span className={classes.label}>{label}</span>
            <span className={classes.at}>{at ?? (isMissed ? 'not reached' : 'not yet')}</span>
            <span className={classes.after}>{after}</span>
          </li>
        ))}
      </ol>
    </Surface>
  );
}
