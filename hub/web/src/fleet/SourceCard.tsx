import { IconMapPin } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { previewUrl } from '../api/calls.ts';
import { countText } from '../format/amounts.ts';
import { Ago } from '../parts/Ago.tsx';
import { PresencePill } from '../parts/PresencePill.tsx';
import { Preview } from '../parts/Preview.tsx';
import { ProblemNotice } from '../parts/ProblemNotice.tsx';
import { ActivityPills } from './ActivityPills.tsx';
import { CardFoot } from './CardFoot.tsx';
import { DestinationLine } from './DestinationLine.tsx';
import type { FleetEntry } from './entries.ts';
import classes from './SourceCard.module.css';

const PROBLEMS_MAX = 2;

/** One source: its latest picture, what it does, and how far its pictures have come. */
export function SourceCard({ entry }: { entry: FleetEntry }) {
  const { device, source, known, state, problems } = entry;
  const { site, device: name } = device;
  const title = source ?? name;
  const address = source === undefined ? undefined : { site, device: name, source };
  return (
    <article className={classes.root} data-testid="source-card" aria-label={`${title} at ${site}, ${name}`}>
      <Preview
        url={address && known?.previewAt ? previewUrl(address, known.previewAt) : null}
        alt={`Latest picture of ${title}`}
      >
        <div className={classes.presence}>
          <PresencePill device={device} />
        </div>
        {state?.lastCaptureAt ? (
          <div className={classes.when}>
            <Ago at={state.lastCaptureAt} zone={state.zone} />
          </div>
        ) : null}
      </Preview>
      <div className={classes.body}>
        <header>
          <h2 className={classes.title}>
            {address ? (
              <Link to="/devices/$site/$device/$source" params={address} search={{}} className={classes.link}>
                {title}
              </Link>
            ) : (
              title
            )}
          </h2>
          <p className={classes.place}>
            <IconMapPin size={14} aria-hidden="true" />
            <span>
              {site} / {name}
            </span>
          </p>
        </header>
        {state ? (
          <ActivityPills state={state} offline={device.presence === 'offline'} />
        ) : (
          <p className={classes.quiet}>This device has told of no source yet.</p>
        )}
        {state && state.destinations.length > 0 ? (
          <ul className={classes.destinations} aria-label="Destinations">
            {state.destinations.map((destination) => (
              <DestinationLine key={destination.name} destination={destination} />
            ))}
          </ul>
        ) : null}
        {problems.slice(0, PROBLEMS_MAX).map((problem) => (
          <ProblemNotice key={problem.title} problem={problem} brief />
        ))}
        {problems.length > PROBLEMS_MAX ? (
          <p className={classes.quiet}>and {countText(problems.length - PROBLEMS_MAX)} more</p>
        ) : null}
        <CardFoot device={device} known={known} />
      </div>
    </article>
  );
}
