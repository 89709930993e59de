import { SegmentedControl, Tooltip } from '@mantine/core';
import { Fragment, useState } from 'react';
import type { Report, Totals } from '../api/documents.ts';
import { bytesText, countText } from '../format/amounts.ts';
import { Surface } from '../parts/Surface.tsx';
import { FIVE_ROWS, ROWS, sharesOf } from './classes.ts';
import classes from './Figures.module.css';
import type { Tone } from './outcome.ts';

const COLUMNS = [
  { key: 'total', label: 'Total' },
  { key: 'jpg', label: 'JPG' },
  { key: 'raw', label: 'RAW' },
  { key: 'other', label: 'Other' },
] as const;
type Column = (typeof COLUMNS)[number]['key'];
const amountOf = (totals: Totals, column: Column) => (column === 'total' ? totals : totals.byKind[column]);

/** The report's table: its rows by count and size, each split by kind. A narrow page shows one kind at a time. */
export function Figures({ report }: { report: Report }) {
  const [column, setColumn] = useState<Column>('total');
  return (
    <Surface
      flush
      title="Figures"
      aside={
        <SegmentedControl
          className={classes.switch}
          size="xs"
          aria-label="Kind"
          value={column}
          onChange={setColumn}
          data={COLUMNS.map(({ key, label }) => ({ value: key, label }))}
        />
      }
    >
      <Shares report={report} />
      <FigureTable testId="figures" column={column} rows={ROWS.map((row) => ({ ...row, totals: report[row.name] }))} />
      <details className={classes.five}>
        <summary>As Webcampak counts</summary>
        <FigureTable
          testId="five-rows"
          column={column}
          rows={FIVE_ROWS.map((row) => ({ ...row, tone: undefined, totals: report.fiveRows[row.name] }))}
        />
      </details>
    </Surface>
  );
}

type ShownRow = { name: string; label: string; explanation: string; tone: Tone | undefined; totals: Totals };

function FigureTable({ testId, column, rows }: { testId: string; column: Column; rows: readonly ShownRow[] }) {
  return (
    <table className={classes.table} data-column={column} data-testid={testId}>
      <thead>
        <tr>
          <th scope="col">
            <span className={classes.hidden}>Row</span>
          </th>
          {COLUMNS.map(({ key, label }) => (
            <Fragment key={key}>
              <th scope="col" data-column={key} className={classes.first}>
                {label}
                <span className={classes.unit}>files</span>
              </th>
              <th scope="col" data-column={key}>
                <span className={classes.hidden}>{label} </span>
                <span className={classes.unit}>size</span>
              </th>
            </Fragment>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <FigureRow key={row.name} row={row} />
        ))}
      </tbody>
    </table>
  );
}

function FigureRow({ row }: { row: ShownRow }) {
  const { totals } = row;
  return (
    <tr data-row={row.name} data-none={totals.count === 0 || undefined} data-tone={row.tone}>
      <th scope="row">
        <Tooltip label={row.explanation}>
          <span className={classes.name}>
            <i className={classes.dot} data-name={row.name} aria-hidden="true" />
            {row.label}
          </span>
        </Tooltip>
      </th>
      {COLUMNS.map(({ key }) => {
        const { count, bytes } = amountOf(totals, key);
        return (
          <Fragment key={key}>
            <td data-column={key} data-zero={count === 0 || undefined} className={classes.first}>
              {countText(count)}
            </td>
            <td data-column={key} data-zero={count === 0 || undefined} className={classes.bytes}>
              {bytesText(bytes)}
            </td>
          </Fragment>
        );
      })}
    </tr>
  );
}

/** All assets of both sides as one bar; each class is at least visible. */
function Shares({ report }: { report: Report }) {
  const shares = sharesOf(report);
  if (shares.length === 0) return null;
  return (
    <div
      className={classes.bar}
      role="img"
      aria-label={shares.map(({ name, count }) => `${name} ${countText(count)}`).join(', ')}
    >
      {shares.map(({ name, share }) => (
        <span key={name} data-name={name} style={{ flexGrow: share * 1000 }} />
      ))}
    </div>
  );
}
