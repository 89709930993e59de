import { Button, Skeleton } from '@mantine/core';
import { IconSearchOff } from '@tabler/icons-react';
import { Nothing } from '../parts/Nothing.tsx';
import type { FleetEntry } from './entries.ts';
import classes from './FleetGrid.module.css';
import { SourceCard } from './SourceCard.tsx';

/** The cards, as many beside each other as fit. */
export function FleetGrid({ entries, onReset }: { entries: FleetEntry[]; onReset: () => void }) {
  if (entries.length === 0)
    return (
      <Nothing
        icon={<IconSearchOff />}
        title="No source fits"
        action={
          <Button variant="default" onClick={onReset}>
            Show all
          </Button>
        }
      >
        Nothing in the fleet fits this search and view.
      </Nothing>
    );
  return (
    <ul className={classes.grid} aria-label="Sources">
      {entries.map((entry) => (
        <li key={entry.key} className={classes.item}>
          <SourceCard entry={entry} />
        </li>
      ))}
    </ul>
  );
}

/** The places of what is being loaded. */
export function FleetSkeleton() {
  return (
    <div aria-busy="true" role="status" aria-label="Loading the fleet">
      <div className={classes.strip}>
        {['a', 'b', 'c', 'd'].map((key) => (
          <Skeleton key={key} height={88} radius="lg" />
        ))}
      </div>
      <div className={classes.grid}>
        {['a', 'b', 'c', 'd', 'e', 'f'].map((key) => (
          <Skeleton key={key} height={390} radius="lg" />
        ))}
      </div>
    </div>
  );
}
