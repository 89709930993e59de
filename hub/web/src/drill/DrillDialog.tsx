import { Button, Chip, Group, Modal, NumberInput, Stack, Text } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useAction } from '../api/action.ts';
import { startDrill } from '../api/calls.ts';
import type { Drill } from '../api/documents.ts';
import { durationText } from '../format/times.ts';
import { useFocusBack } from '../parts/focus-back.ts';

const USUAL = [5, 15, 60, 360] as const;
const MINUTES_MAX = 1440;

/** Asks how long a device is to act as in an outage. */
export function DrillDialog({ site, device, onClose }: { site: string; device: string; onClose: () => void }) {
  useFocusBack();
  const navigate = useNavigate();
  const [minutes, setMinutes] = useState<number>(15);
  const start = useAction<number, Drill>({
    run: (given) => startDrill(site, device, given),
    done: () => 'Drill ordered.',
    failed: 'The drill was not ordered',
    touches: [['drills'], ['fleet'], ['activity']],
    after: ({ id }) => {
      onClose();
      void navigate({ to: '/drills/$id', params: { id } });
    },
  });
  const isValid = minutes >= 1 && minutes <= MINUTES_MAX;
  return (
    <Modal opened onClose={onClose} title={`Outage drill of ${device}`} closeButtonProps={{ 'aria-label': 'Close' }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isValid) start.mutate(minutes);
        }}
      >
        <Stack gap="md">
          <Text size="sm">
            The device closes its link to the hub and sends nothing to its destinations. It goes on taking pictures,
            comes back by itself, and gets a sheet: what waited, what arrived, how long that took.
          </Text>
          <Chip.Group value={String(minutes)} onChange={(value) => setMinutes(Number(value))}>
            <Group gap={6} role="group" aria-label="Usual lengths">
              {USUAL.map((value) => (
                <Chip key={value} value={String(value)} size="xs">
                  {durationText(value * 60_000)}
                </Chip>
              ))}
            </Group>
          </Chip.Group>
          <NumberInput
            label="Minutes"
            value={minutes}
            onChange={(value) => setMinutes(Number(value))}
            min={1}
            max={MINUTES_MAX}
            allowDecimal={false}
            error={isValid ? undefined : `1 to ${MINUTES_MAX} minutes are allowed`}
          />
          <Text size="sm" c="dimmed">
            Nobody can end it earlier: the device cannot be reached meanwhile.
          </Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Close
            </Button>
            <Button type="submit" loading={start.isPending} disabled={!isValid}>
              Start drill
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
