import { Tooltip } from '@mantine/core';
import { agoText, type Instant, instantText, millisOf } from '../format/times.ts';
import { useNow } from './now.ts';

/** `12 s ago`, counting; the whole instant on hover. */
export function Ago({ at, zone }: { at: Instant; zone?: string | undefined }) {
  const now = useNow();
  return (
    <Tooltip label={instantText(at, zone)}>
      <time dateTime={new Date(millisOf(at)).toISOString()} style={{ whiteSpace: 'nowrap' }}>
        {agoText(at, now)}
      </time>
    </Tooltip>
  );
}
