import { Group, Text, Title } from '@mantine/core';
import { type ReactNode, useId } from 'react';
import classes from './Surface.module.css';

type Props = {
  title?: string;
  note?: ReactNode;
  aside?: ReactNode;
  children: ReactNode;
  flush?: boolean;
  testId?: string;
};

/** A section of a page on its own surface, with its heading. `flush` lets lists reach the edges. */
export function Surface({ title, note, aside, children, flush, testId }: Props) {
  const id = useId();
  return (
    <section className={classes.root} aria-labelledby={title ? id : undefined} data-testid={testId}>
      {title ? (
        <Group justify="space-between" gap="xs" className={classes.head}>
          <div className={classes.titles}>
            <Title order={2} size="h3" id={id}>
              {title}
            </Title>
            {note ? (
              <Text size="xs" c="dimmed" component="div">
                {note}
              </Text>
            ) : null}
          </div>
          {aside}
        </Group>
      ) : null}
      <div className={flush ? undefined : classes.body} data-headed={title ? true : undefined}>
        {children}
      </div>
    </section>
  );
}
