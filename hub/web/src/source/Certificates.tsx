import { Button, Pagination } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { certificateUrl } from '../api/calls.ts';
import type { Certificate, SourceAddress } from '../api/documents.ts';
import { certificatesQuery } from '../api/queries.ts';
import { dayText } from '../format/days.ts';
import { ErrorNotice } from '../parts/ErrorNotice.tsx';
import { Pill } from '../parts/Pill.tsx';
import { Surface } from '../parts/Surface.tsx';
import classes from './Certificates.module.css';
import { certificateText } from './certificate-text.ts';
import { Remarks } from './Remarks.tsx';

const PAGE_CERTIFICATES = 7;

/** The completeness certificates of a source by day: whole or not, the file, and what it does not vouch for. */
export function Certificates({ address }: { address: SourceAddress }) {
  const [page, setPage] = useState(1);
  const offset = (page - 1) * PAGE_CERTIFICATES;
  const { data, error, refetch } = useQuery(certificatesQuery(address, offset, PAGE_CERTIFICATES));
  const pages = Math.ceil((data?.total ?? 0) / PAGE_CERTIFICATES);
  return (
    <Surface
      title="Completeness certificates"
      note="Signed, one for each day that is over. vigie-hub verify checks the file without a hub."
      testId="certificates"
    >
      {error && !data ? (
        <ErrorNotice title="The certificates could not be read" error={error} retry={() => refetch()} />
      ) : null}
      {data?.total === 0 ? <p className={classes.none}>None yet.</p> : null}
      <ul className={classes.list}>
        {data?.certificates.map((one) => (
          <Item key={`${one.day}.${one.number}`} address={address} certificate={one} />
        ))}
        {data?.damaged.map(({ day, number }) => (
          <li key={`${day}.${number}`} className={classes.item}>
            <span className={classes.day}>{dayText(day)}</span>
            <span className={classes.words}>Its file on the hub is damaged.</span>
            <Pill tone="bad">damaged</Pill>
          </li>
        ))}
      </ul>
      {pages > 1 ? (
        <Pagination
          mt="md"
          size="sm"
          total={pages}
          value={page}
          onChange={setPage}
          getControlProps={(control) => ({ 'aria-label': `${control} page of certificates` })}
        />
      ) : null}
    </Surface>
  );
}

function Item({ address, certificate }: { address: SourceAddress; certificate: Certificate }) {
  const [isOpen, setIsOpen] = useState(false);
  const { day, number, whole, remarks } = certificate;
  return (
    <li className={classes.item}>
      <span className={classes.day}>
        {dayText(day)}
        {number > 1 ? ` (${number})` : ''}
      </span>
      <span className={classes.words}>{certificateText(certificate)}</span>
      <Pill tone={whole ? 'good' : 'warn'}>{whole ? 'whole' : 'not whole'}</Pill>
      {remarks.count > 0 ? (
        <Button size="compact-xs" variant="subtle" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
          What is missing
        </Button>
      ) : null}
      <Button
        size="compact-xs"
        variant="subtle"
        component="a"
        href={certificateUrl(address, day, number)}
        aria-label={`Download the certificate of ${dayText(day)}`}
        download
      >
        Download
      </Button>
      {isOpen ? <Remarks address={address} day={day} number={number} /> : null}
    </li>
  );
}
