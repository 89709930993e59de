import { Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { Mark } from '../layout/Mark.tsx';
import classes from './Doorway.module.css';
import { Horizon } from './Horizon.tsx';

/** The page before the pages: the brand on one side, a form on the other. */
export function Doorway({
  title,
  lead,
  children,
  foot,
}: {
  title: string;
  lead: string;
  children: ReactNode;
  foot?: string;
}) {
  return (
    <main className={classes.root}>
      <div className={classes.scene}>
        <Horizon />
        <div className={classes.brand}>
          <Mark size={40} />
          <span>Vigie</span>
        </div>
        <p className={classes.promise}>Every scheduled picture is accounted for, on both ends.</p>
      </div>
      <div className={classes.side}>
        <div className={classes.form}>
          <Title order={1}>{title}</Title>
          <Text c="dimmed" size="sm" mt={4} mb="xl">
            {lead}
          </Text>
          {children}
        </div>
        {foot ? <div className={classes.foot}>{foot}</div> : null}
      </div>
    </main>
  );
}
