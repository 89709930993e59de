import { useQuery } from '@tanstack/react-query';
import type { SourceAddress } from '../api/documents.ts';
import { remarksQuery } from '../api/queries.ts';
import { plural } from '../format/amounts.ts';
import { shownName } from '../format/names.ts';
import { ErrorNotice } from '../parts/ErrorNotice.tsx';
import classes from './Certificates.module.css';

const SHOWN_MAX = 100;

/** What one certificate does not vouch for. */
export function Remarks({ address, day, number }: { address: SourceAddress; day: string; number: number }) {
  const { data, error, refetch } = useQuery(remarksQuery(address, day, number, SHOWN_MAX));
  if (error && !data)
    return <ErrorNotice title="The certificate could not be read" error={error} retry={() => refetch()} />;
  const rest = (data?.total ?? 0) - (data?.remarks.length ?? 0);
  return (
    <ul className={classes.remarks}>
      {data?.remarks.map(({ destination, class: kind, path, cause }) => (
        <li key={`${destination} ${path} ${kind}`}>
          <b>{shownName(path)}</b>: {kind}
          {destination === null ? ' at the source' : ` at ${destination}`} ({shownName(cause)})
        </li>
      ))}
      {rest > 0 ? <li>and {plural(rest, 'further remark')}: the file has them all.</li> : null}
    </ul>
  );
}
