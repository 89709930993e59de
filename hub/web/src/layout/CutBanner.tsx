import { IconPlugConnectedX } from '@tabler/icons-react';
import type { LiveState } from '../api/live.ts';
import classes from './CutBanner.module.css';

/** Says that what is shown may be old. */
export function CutBanner({ live }: { live: LiveState }) {
  return (
    <div role="status" aria-live="polite">
      {live === 'cut' ? (
        <div className={classes.root} data-testid="cut-banner">
          <IconPlugConnectedX size={18} aria-hidden="true" />
          <span>
            <strong>No live connection to the hub.</strong> What you see may be out of date. Trying again…
          </span>
        </div>
      ) : null}
    </div>
  );
}
