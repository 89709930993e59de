import { Button, Checkbox, Chip, Fieldset, Group, Input, Modal, SimpleGrid, Stack, TextInput } from '@mantine/core';
import { DatePickerInput } from '@mantine/dates';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useAction } from '../api/action.ts';
import { createReport } from '../api/calls.ts';
import type { NewReport, Report } from '../api/documents.ts';
import { destinationsQuery, devicesQuery } from '../api/queries.ts';
import { entriesOf } from '../fleet/entries.ts';
import { ErrorNotice } from '../parts/ErrorNotice.tsx';
import { useFocusBack } from '../parts/focus-back.ts';
import { canProve, newDraft, type ReportDraft, requestOf, sourceKey } from './draft.ts';
import { SidePicker } from './SidePicker.tsx';

const KINDS = [
  ['jpg', 'JPEG'],
  ['raw', 'RAW'],
  ['video', 'Video'],
  ['sidecar', 'Sidecar'],
  ['other', 'Other'],
] as const;

/** Asks for the two sides of a report, and what of them is compared. */
export function NewReportDialog({ onClose, onCreated }: { onClose: () => void; onCreated: (report: Report) => void }) {
  useFocusBack();
  const devices = useQuery(devicesQuery());
  const destinations = useQuery(destinationsQuery());
  const sources = entriesOf(devices.data ?? []).flatMap(({ device, source }) =>
    source ? [sourceKey({ site: device.site, device: device.device, source })] : [],
  );
  const names = destinations.data ?? [];
  const [edited, setEdited] = useState<ReportDraft | null>(null);
  const [tried, setTried] = useState(false);
  // With one source and one destination there is nothing to choose.
  const draft =
    edited ??
    newDraft(sources.length === 1 ? (sources[0] ?? null) : null, names.length === 1 ? (names[0]?.name ?? null) : null);
  const change = (part: Partial<ReportDraft>) => setEdited({ ...draft, ...part });
  const meant = requestOf(draft);
  const errors = tried && !('filter' in meant) ? meant : {};
  const create = useAction<NewReport, Report>({
    run: createReport,
    done: () => 'Report created.',
    failed: 'The report was not created',
    touches: [['reports', 'list']],
    after: (report) => {
      onClose();
      onCreated(report);
    },
  });
  const submit = () => {
    setTried(true);
    if ('filter' in meant) create.mutate(meant);
  };
  const failure = devices.error ?? destinations.error;
  return (
    <Modal opened onClose={onClose} title="New sync report" size="lg" closeButtonProps={{ 'aria-label': 'Close' }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Stack gap="md">
          {failure ? <ErrorNotice title="The choices could not be read" error={failure} /> : null}
          <SidePicker
            legend="Source side"
            side={draft.left}
            onChange={(left) => change({ left })}
            sources={sources}
            destinations={names}
            error={errors.left}
          />
          <SidePicker
            legend="Destination side"
            side={draft.right}
            onChange={(right) => change({ right })}
            sources={sources}
            destinations={names}
            likeSource={draft.left.type === 'directory' ? null : draft.left.source}
            error={errors.right}
          />
          <Fieldset legend="Only some of it (optional)" radius="md">
            <Stack gap="sm">
              <SimpleGrid cols={{ base: 1, xs: 2 }}>
                <DatePickerInput
                  label="From day"
                  placeholder="The first"
                  clearable
                  valueFormat="D MMM YYYY"
                  maxDate={draft.range[1] ?? undefined}
                  value={draft.range[0]}
                  onChange={(from) => change({ range: [from, draft.range[1]] })}
                />
                <DatePickerInput
                  label="To day"
                  placeholder="The last"
                  clearable
                  valueFormat="D MMM YYYY"
                  minDate={draft.range[0] ?? undefined}
                  value={draft.range[1]}
                  onChange={(to) => change({ range: [draft.range[0], to] })}
                />
              </SimpleGrid>
              <div>
                <Input.Label component="div" mb={6} id="kinds">
                  Kinds
                </Input.Label>
                <Chip.Group multiple value={draft.kinds} onChange={(kinds) => change({ kinds })}>
                  <Group gap={6} role="group" aria-labelledby="kinds">
                    {KINDS.map(([value, label]) => (
                      <Chip key={value} value={value} size="xs">
                        {label}
                      </Chip>
                    ))}
                  </Group>
                </Chip.Group>
              </div>
              <TextInput
                label="Paths that begin with"
                placeholder="20260303/"
                maxLength={1000}
                spellCheck={false}
                value={draft.pathPrefix}
                onChange={(event) => change({ pathPrefix: event.currentTarget.value })}
              />
            </Stack>
          </Fieldset>
          <Group justify="space-between">
            <Stack gap="xs">
              <Checkbox
                label="By digest: reads every file back"
                disabled={!canProve(draft)}
                checked={draft.byDigest && canProve(draft)}
                onChange={(event) => change({ byDigest: event.currentTarget.checked })}
              />
              <Checkbox
                label="List every folder again, also unchanged ones"
                disabled={draft.right.type !== 'destination'}
                checked={draft.full && draft.right.type === 'destination'}
                onChange={(event) => change({ full: event.currentTarget.checked })}
              />
            </Stack>
            <Group justify="flex-end" ml="auto">
              <Button variant="default" onClick={onClose}>
                Close
              </Button>
              <Button type="submit" loading={create.isPending}>
                Create report
              </Button>
            </Group>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
