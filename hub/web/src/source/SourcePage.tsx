import { Alert } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { previewUrl } from '../api/calls.ts';
import { deviceQuery } from '../api/queries.ts';
import { RequestError } from '../api/request.ts';
import { Drills } from '../drill/Drills.tsx';
import { entriesOf } from '../fleet/entries.ts';
import { Lost } from '../layout/Lost.tsx';
import { Ago } from '../parts/Ago.tsx';
import { Back } from '../parts/Back.tsx';
import { ErrorNotice } from '../parts/ErrorNotice.tsx';
import { PageHead } from '../parts/PageHead.tsx';
import { PresencePill } from '../parts/PresencePill.tsx';
import { Preview } from '../parts/Preview.tsx';
import { ProblemNotice } from '../parts/ProblemNotice.tsx';
import { Archive } from './Archive.tsx';
import { Certificates } from './Certificates.tsx';
import { Commands } from './Commands.tsx';
import { Condition } from './Condition.tsx';
import { Destinations } from './Destinations.tsx';
import { Endpoints } from './Endpoints.tsx';
import { PowerAndSensors } from './PowerAndSensors.tsx';
import classes from './SourcePage.module.css';
import { SourceSkeleton } from './SourceSkeleton.tsx';

const route = getRouteApi('/devices/$site/$device/$source');

/** One source: its picture now, its condition, its destinations, and every day it has kept. */
export function SourcePage() {
  const address = route.useParams();
  const { data: device, error, refetch } = useQuery(deviceQuery(address.site, address.device));
  const entry = device ? entriesOf([device]).find(({ source }) => source === address.source) : undefined;
  if (device && !entry) return <Lost />;
  if (error instanceof RequestError && error.status === 404) return <Lost />;
  const state = entry?.state;
  const previewAt = entry?.known?.previewAt;
  return (
    <>
      <PageHead
        above={<Back to="/">Fleet</Back>}
        title={address.source}
        beside={device ? <PresencePill device={device} /> : null}
        lead={`${address.site} / ${address.device}${state?.camera ? ` · ${state.camera}` : ''}`}
        actions={device ? <Commands address={address} offline={device.presence === 'offline'} /> : null}
      />
      {error && !device ? (
        <ErrorNotice title="The source could not be read" error={error} retry={() => refetch()} />
      ) : null}
      {!device && !error ? <SourceSkeleton /> : null}
      {device && entry ? (
        <div className={classes.root}>
          {entry.problems.length > 0 ? (
            <div className={classes.problems}>
              {entry.problems.map((problem) => (
                <ProblemNotice key={problem.title} problem={problem} />
              ))}
            </div>
          ) : null}
          <div className={classes.top}>
            <div className={classes.latest}>
              <Preview
                url={previewAt ? previewUrl(address, previewAt) : null}
                alt={`Latest picture of ${address.source}`}
                eager
                rounded
              >
                {state?.lastCaptureAt ? (
                  <div className={classes.when}>
                    <Ago at={state.lastCaptureAt} zone={state.zone} />
                  </div>
                ) : null}
              </Preview>
            </div>
            <Condition device={device} state={state} known={entry.known} />
          </div>
          {state ? (
            <Destinations address={address} state={state} offline={device.presence === 'offline'} />
          ) : (
            <Alert color="gray">The device has not told of this source since the hub started.</Alert>
          )}
          {device.state ? (
            <div className={classes.pair}>
              <PowerAndSensors state={device.state} source={address.source} />
              <Endpoints endpoints={device.state.endpoints ?? []} offline={device.presence === 'offline'} />
            </div>
          ) : null}
          <Drills device={device} />
          <Certificates address={address} />
          <Archive address={address} zone={state?.zone} />
        </div>
      ) : null}
    </>
  );
}
