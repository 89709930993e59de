import { Fieldset, SegmentedControl, Select, Stack, Text, TextInput } from '@mantine/core';
import type { Destination } from '../api/documents.ts';
import type { SideDraft } from './draft.ts';

type Props = {
  legend: string;
  side: SideDraft;
  onChange: (side: SideDraft) => void;
  sources: string[];
  destinations: Destination[];
  /** The other side's source, whose folder a destination means if no other is named. */
  likeSource?: string | null;
  error: string | undefined;
};

/** One side of a report: a source's inventory, a destination's folder, or a folder on the hub's machine. */
export function SidePicker({ legend, side, onChange, sources, destinations, likeSource, error }: Props) {
  const change = (part: Partial<SideDraft>) => onChange({ ...side, ...part });
  const choices = sources.map((key) => ({ value: key, label: key.replaceAll('/', ' / ') }));
  const source = (label: string, placeholder: string) => (
    <Select
      label={label}
      placeholder={placeholder}
      data={choices}
      value={side.source}
      onChange={(value) => change({ source: value })}
      searchable
      selectFirstOptionOnChange
      clearable={side.type === 'destination'}
      nothingFoundMessage="No such source"
    />
  );
  return (
    <Fieldset legend={legend} radius="md">
      <Stack gap="sm">
        <SegmentedControl
          fullWidth
          aria-label={`${legend}: type`}
          value={side.type}
          onChange={(type) => change({ type: type as SideDraft['type'] })}
          data={[
            { value: 'source', label: 'Source' },
            { value: 'destination', label: 'Destination' },
            { value: 'directory', label: 'Folder' },
          ]}
        />
        {side.type === 'source' ? source('Source', 'Choose a source') : null}
        {side.type === 'destination' ? (
          <>
            <Select
              label="Destination"
              placeholder="Choose a destination"
              data={destinations.map(({ name, address }) => ({ value: name, label: `${name} (${address})` }))}
              value={side.destination}
              onChange={(value) => change({ destination: value })}
              nothingFoundMessage="No destination is configured at the hub"
              searchable
              selectFirstOptionOnChange
            />
            {source(
              'Folder of',
              likeSource ? `${likeSource.replaceAll('/', ' / ')} (the same source)` : 'Choose a source',
            )}
          </>
        ) : null}
        {side.type === 'directory' ? (
          <TextInput
            label="Folder"
            description="An absolute path on the hub's machine."
            placeholder="/srv/archive"
            spellCheck={false}
            maxLength={4096}
            value={side.path}
            onChange={(event) => change({ path: event.currentTarget.value })}
          />
        ) : null}
        {error ? (
          <Text size="sm" c="var(--v-bad)" role="alert">
            {error}
          </Text>
        ) : null}
      </Stack>
    </Fieldset>
  );
}
