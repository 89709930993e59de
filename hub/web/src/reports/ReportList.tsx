import type { Report } from '../api/documents.ts';
import { Surface } from '../parts/Surface.tsx';
import classes from './ReportList.module.css';
import { ReportRow } from './ReportRow.tsx';

const COLUMNS = ['Status', 'Source → destination', 'Source', 'Dest.', 'Matched', 'Missing', 'Extra', 'When'];

/** The reports as a table on a wide page, as cards on a narrow one. */
export function ReportList({ reports }: { reports: Report[] }) {
  return (
    <Surface flush>
      <div className={classes.head} aria-hidden="true">
        {COLUMNS.map((column) => (
          <span key={column}>{column}</span>
        ))}
      </div>
      <ul className={classes.list} aria-label="Reports">
        {reports.map((report) => (
          <ReportRow key={report.id} report={report} />
        ))}
      </ul>
    </Surface>
  );
}
