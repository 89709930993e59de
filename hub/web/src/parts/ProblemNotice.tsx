import { IconAlertCircle, IconAlertTriangle } from '@tabler/icons-react';
import type { Problem } from '../fleet/problems.ts';
import { shownName } from '../format/names.ts';
import classes from './ProblemNotice.module.css';

/** One problem with its hint. */
export function ProblemNotice({ problem, brief }: { problem: Problem; brief?: boolean }) {
  const Icon = problem.level === 'bad' ? IconAlertCircle : IconAlertTriangle;
  return (
    <div className={classes.root} data-level={problem.level} data-brief={brief || undefined} data-testid="problem">
      <Icon size={17} aria-hidden="true" />
      <div className={classes.words}>
        <div className={classes.title}>{problem.title}</div>
        <div className={classes.message}>{shownName(problem.message)}</div>
        {problem.hint ? <div className={classes.hint}>{problem.hint}</div> : null}
      </div>
    </div>
  );
}
