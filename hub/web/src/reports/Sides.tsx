import { IconArrowRight } from '@tabler/icons-react';
import type { Side } from '../api/documents.ts';
import { sideText } from '../format/names.ts';
import classes from './Sides.module.css';

/** What is compared with what. */
export function Sides({ left, right, brief }: { left: Side; right: Side; brief?: boolean }) {
  const from = sideText(left);
  const to = sideText(right);
  // A destination's folder is the source's own in nearly every report; saying it twice tells nothing.
  const same =
    right.type === 'destination' &&
    left.type === 'source' &&
    to.detail.startsWith(`${left.site} / ${left.device} / ${left.source}`);
  return (
    <span className={classes.root} data-brief={brief || undefined}>
      <span className={classes.titles}>
        <span className={classes.title}>{from.title}</span>
        <IconArrowRight size={15} aria-label="compared with" />
        <span className={classes.title}>{to.title}</span>
      </span>
      <span className={classes.detail}>{same ? from.detail : `${from.detail} → ${to.detail}`}</span>
    </span>
  );
}
