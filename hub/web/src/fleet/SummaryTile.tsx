import { UnstyledButton } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Tone } from '../report/outcome.ts';
import classes from './SummaryTile.module.css';

type Props = {
  icon: ReactNode;
  tone: Tone;
  label: string;
  value: string;
  of?: string;
  note: string;
  /** What exactly is counted, where label and note have no room for it. */
  hint?: string;
  onClick: () => void;
};

/** One figure of the summary. */
export function SummaryTile({ icon, tone, label, value, of, note, hint, onClick }: Props) {
  return (
    <UnstyledButton className={classes.root} title={hint} onClick={onClick}>
      <span className={classes.icon} data-tone={tone} aria-hidden="true">
        {icon}
      </span>
      <span className={classes.words}>
        <span className={classes.label}>{label}</span>
        <span className={classes.value}>
          {value}
          {of ? <span className={classes.of}> / {of}</span> : null}
        </span>
        <span className={classes.note}>{note}</span>
      </span>
    </UnstyledButton>
  );
}
