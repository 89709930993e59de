import { Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './Nothing.module.css';

type Props = { icon: ReactNode; title: string; children?: ReactNode; action?: ReactNode; compact?: boolean };

/** An empty place that says what would be here and how it gets here. */
export function Nothing({ icon, title, children, action, compact }: Props) {
  return (
    <Stack align="center" gap="xs" className={classes.root} data-compact={compact || undefined}>
      <div className={classes.icon} aria-hidden="true">
        {icon}
      </div>
      <Title order={2} size="h3" ta="center">
        {title}
      </Title>
      {children ? (
        <Text component="div" size="sm" c="dimmed" ta="center" maw={460}>
          {children}
        </Text>
      ) : null}
      {action ? <div className={classes.action}>{action}</div> : null}
    </Stack>
  );
}
