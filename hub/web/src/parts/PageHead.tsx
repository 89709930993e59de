import { Group, Text, Title } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';
import classes from './PageHead.module.css';

type Props = { title: string; lead?: ReactNode; above?: ReactNode; beside?: ReactNode; actions?: ReactNode };

/** The head of a page: where one is, its state, and what can be done here. Names the browser's tab as well. */
export function PageHead({ title, lead, above, beside, actions }: Props) {
  useEffect(() => {
    document.title = `${title} · Vigie`;
  }, [title]);
  return (
    <header className={classes.root}>
      <div className={classes.words}>
        {above ? <div className={classes.above}>{above}</div> : null}
        <Group gap="sm" align="center">
          <Title order={1} className={classes.title}>
            {title}
          </Title>
          {beside}
        </Group>
        {lead ? (
          <Text c="dimmed" size="sm" component="div" mt={2}>
            {lead}
          </Text>
        ) : null}
      </div>
      {actions ? <div className={classes.actions}>{actions}</div> : null}
    </header>
  );
}
