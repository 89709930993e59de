import { Button, Code, CopyButton, Text } from '@mantine/core';
import { IconCheck, IconCopy, IconDeviceCctv } from '@tabler/icons-react';
import { Nothing } from '../parts/Nothing.tsx';
import { Surface } from '../parts/Surface.tsx';
import classes from './FirstDevice.module.css';

const example = (host: string) => `site: home
device: pi-1
dataFolder: /var/lib/vigie
hub: { url: "mqtt://${host}:1883" }
sources:
  - name: garden
    camera: { type: test-picture }
    every: 10s`;

/** The empty fleet: what to do to see a first picture here. */
export function FirstDevice() {
  const text = example(window.location.hostname);
  return (
    <Surface testId="first-device">
      <Nothing icon={<IconDeviceCctv />} title="No device has reported yet">
        A device appears here by itself as soon as its agent reaches this hub.
      </Nothing>
      <ol className={classes.steps}>
        <li>
          <Text fw={600}>Write the agent's configuration</Text>
          <Text size="sm" c="dimmed">
            On the computer at the camera, in <Code>agent.yaml</Code>: where the hub is, and at least one source. It
            begins like this; the documentation lists every key.
          </Text>
          <div className={classes.code}>
            <Code block>{text}</Code>
            <CopyButton value={text}>
              {({ copied, copy }) => (
                <Button
                  size="compact-xs"
                  variant="default"
                  className={classes.copy}
                  leftSection={copied ? <IconCheck size={13} /> : <IconCopy size={13} />}
                  onClick={copy}
                >
                  {copied ? 'Copied' : 'Copy'}
                </Button>
              )}
            </CopyButton>
          </div>
        </li>
        <li>
          <Text fw={600}>Start the agent</Text>
          <Text size="sm" c="dimmed">
            <Code>vigie-agent run --config agent.yaml</Code>
          </Text>
        </li>
        <li>
          <Text fw={600}>Watch this page</Text>
          <Text size="sm" c="dimmed">
            The device and its first picture show up within seconds; there is nothing to reload.
          </Text>
        </li>
      </ol>
    </Surface>
  );
}
