import { Skeleton } from '@mantine/core';
import classes from './SourcePage.module.css';

/** The places of a source's page while it loads. */
export function SourceSkeleton() {
  return (
    <div className={classes.root} role="status" aria-busy="true" aria-label="Loading the source">
      <div className={classes.top}>
        <Skeleton radius="lg" style={{ aspectRatio: '16 / 10' }} height="auto" />
        <Skeleton radius="lg" height={400} />
      </div>
      <Skeleton radius="lg" height={340} />
    </div>
  );
}
