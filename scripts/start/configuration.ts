import { existsSync, mkdirSync } from 'node:fs';
import { replaceFile } from '@vigie/shared/kit/durable';

import type { Sshd } from '../sshd.ts';
import type { Folder } from './folder.ts';
import type { Ports } from './ports.ts';

type SftpServer = Pick<Sshd, 'host' | 'port' | 'user' | 'identityFile' | 'knownHosts'>;

export const DEVICE = 'lookout';

/** The two configuration files, written once: a person may edit them, and the next start goes on with what they say. */
export async function writeConfiguration(folder: Folder, ports: Ports, sshd: SftpServer): Promise<void> {
  mkdirSync(folder.file('archive'), { recursive: true });
  await writeOnce(folder.file('hub.yaml'), hubYaml(folder, ports, sshd));
  await writeOnce(
    folder.file('agent.yaml'),
    agentYaml(folder, ports, sshd, Intl.DateTimeFormat().resolvedOptions().timeZone),
  );
}

async function writeOnce(file: string, text: string): Promise<void> {
  if (!existsSync(file)) await replaceFile(file, Buffer.from(text), 0o600);
}

const quoted = (text: string): string => JSON.stringify(text);

const archive = (folder: Folder, sshd: SftpServer): string => `destinations:
  - name: archive
    type: sftp
    host: ${sshd.host}
    port: ${sshd.port}
    user: ${quoted(sshd.user)}
    identityFile: ${quoted(sshd.identityFile)}
    # The server's key must be in this file: a server with another key gets nothing.
    knownHosts: ${quoted(sshd.knownHosts)}
    root: ${quoted(folder.file('archive'))}
    # Where each source's tree lies below the root.
    folder: "{device}/{source}"
`;

export const hubYaml = (
  folder: Folder,
  ports: Ports,
  sshd: SftpServer,
): string => `# The hub of "npm start". Written once: edit it as you like.
dataFolder: ${quoted(folder.file('hub'))}

http:
  # The dashboard. Behind a proxy, say by which address browsers reach it:
  #   publicUrl: https://vigie.example.org
  host: 127.0.0.1
  port: ${ports.http}

broker:
  # The MQTT broker inside the hub, for this machine alone. In the field, one that stands by itself:
  #   type: external
  #   url: mqtts://broker.example.org
  type: embedded
  port: ${ports.mqtt}
  accountsFile: ${quoted(folder.file('broker-accounts'))}

# Places that the hub looks into when it makes a sync report.
${archive(folder, sshd)}
resync:
  # What follows when a device returns after an outage and pictures are missing: automatic, ask or never.
  policy: automatic
  outageAfter: 60s
`;

export const agentYaml = (
  folder: Folder,
  ports: Ports,
  sshd: SftpServer,
  zone: string,
): string => `# The agent of "npm start". Written once: edit it as you like.
site: home
device: ${DEVICE}
zone: ${quoted(zone)}
dataFolder: ${quoted(folder.file('agent'))}

hub:
  url: mqtt://127.0.0.1:${ports.mqtt}
  user: ${DEVICE}
  passwordFile: ${quoted(folder.file('agent-password'))}

sources:
  - name: garden
    camera:
      # Draws a picture that tells its time and number. A real camera on USB:
      #   type: gphoto2
      type: test-picture
      width: 1920
      height: 1280
    # Or a cron pattern in the source's zone, such as "*/5 6-20 * * *":
    every: 5s
    watchedFolder:
      # How long a file must have been left alone before it is picked.
      waitTime: 1s
    # Steps that change the picture, in this order. The original is always kept.
    #   - step: resize
    #     width: 1280
    #   - step: legend
    #     text: "{source} {date} {time}"
    process: []
    destinations: [archive]

${archive(folder, sshd)}`;
