import type { ReactNode } from 'react';
import classes from './Rows.module.css';

export type Row = [term: string, value: ReactNode];

/** Terms and what is true of them, a line each. */
export function Rows({ rows }: { rows: Row[] }) {
  return (
    <dl className={classes.list}>
      {rows.map(([term, value]) => (
        <div key={term} className={classes.row}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
