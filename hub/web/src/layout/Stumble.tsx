import type { ErrorComponentProps } from '@tanstack/react-router';
import { ErrorNotice } from '../parts/ErrorNotice.tsx';

/** A page that broke: says so, and offers to load it again, which also fetches a newer dashboard after an update. */
export function Stumble({ error }: ErrorComponentProps) {
  return <ErrorNotice title="This page could not be shown" error={error} retry={() => window.location.reload()} />;
}
