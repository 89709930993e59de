import type { ReactNode } from 'react';
import type { Tone } from '../report/outcome.ts';
import classes from './Pill.module.css';

type Props = { tone: Tone | 'plain'; children: ReactNode; icon?: ReactNode; pulse?: boolean; testId?: string };

/** A small state in words, with a dot or an icon: colour alone never carries the meaning. */
export function Pill({ tone, children, icon, pulse, testId }: Props) {
  return (
    <span className={classes.pill} data-tone={tone} data-testid={testId}>
      {icon ?? <span className={classes.dot} data-pulse={pulse || undefined} aria-hidden="true" />}
      <span className={classes.text}>{children}</span>
    </span>
  );
}
