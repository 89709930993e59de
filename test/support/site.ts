import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openAccounts } from '@vigie/hub/broker/accounts';
import { isSystemError } from '@vigie/shared/kit/errors';
import { onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { type Sshd, startSshd } from '../../scripts/sshd.ts';
import { type Api, signUp } from './api.ts';
import { startMosquitto } from './mosquitto.ts';
import { type Program, startProgram } from './program.ts';
import { archiveAt } from './remote.ts';
import { freePort, tempFolder, until } from './temp.ts';

/** A whole installation on loopback: OpenSSH, a broker, a hub and one agent, each a process of its own. */
export type Site = {
  readonly folder: string;
  readonly sshd: Sshd;
  readonly broker: { stop(): Promise<void>; start(): Promise<void> } | undefined;
  readonly hub: Program;
  readonly agent: Program;
  /** The first administrator's; with `signUp: false` there is none yet, and it must not be used. */
  readonly api: Api;
  readonly baseUrl: string;
  /** The hub's one-time code, good until the first administrator is made. */
  readonly code: string;
  /** Where the SFTP destination's files of a source lie on this machine. */
  landing(source: string): string;
  watched(source: string): string;
  /** Waits until a source takes files. */
  takesFiles(source: string): Promise<void>;
  startAgent(): Program;
  startHub(): Promise<Program>;
  /** Changes the agent's configuration for its next start. */
  configureAgent(change: (config: AgentYaml) => void): Promise<void>;
  configureHub(change: (config: Record<string, unknown>) => void): Promise<void>;
};

export type AgentYaml = {
  sources: Record<string, unknown>[];
  destinations: Record<string, unknown>[];
  delivery: Record<string, unknown>;
  [key: string]: unknown;
};

export type SiteOptions = {
  broker?: 'embedded' | 'mosquitto';
  /** Mosquitto with accounts for the hub, the device and the operator `ops`, under this list. */
  acl?: string;
  sources: Record<string, unknown>[];
  agent?: Record<string, unknown>;
  hub?: Record<string, unknown>;
  environment?: Record<string, string>;
  /** False where the test starts the agent itself. */
  agentRuns?: boolean;
  /** False where the test makes the first administrator itself. */
  signUp?: boolean;
};

export const DEVICE = { site: 'main', device: 'cam-1' } as const;

export async function startSite(options: SiteOptions): Promise<Site> {
  const folder = await tempFolder();
  const sshd = await startSshd({ folder: join(folder, 'sshd') });
  onTestFinished(() => sshd.stop());
  const landing = join(folder, 'landing');
  await mkdir(landing);
  const [httpPort, brokerPort] = [await freePort(), await freePort()];

  const accounts = openAccounts(join(folder, 'accounts'));
  await accounts.add({ name: DEVICE.device, role: 'device' }, 'device-password');
  await writeFile(join(folder, 'device.password'), 'device-password\n', { mode: 0o600 });
  await writeFile(join(folder, 'hub.password'), 'hub-password\n', { mode: 0o600 });
  const mosquitto =
    options.broker === 'mosquitto'
      ? await startMosquitto({
          folder: join(folder, 'mosquitto'),
          port: brokerPort,
          ...(options.acl !== undefined && {
            acl: options.acl,
            users: { hub: 'hub-password', [DEVICE.device]: 'device-password', ops: 'ops-password' },
          }),
        })
      : undefined;
  if (mosquitto) onTestFinished(() => mosquitto.stop());

  const destination = archiveAt(sshd, landing);
  const url = `mqtt://127.0.0.1:${brokerPort}`;
  const named = options.acl !== undefined;
  let hubYaml: Record<string, unknown> = {
    dataFolder: 'hub',
    log: 'debug',
    http: { port: httpPort },
    broker: mosquitto
      ? { type: 'external', url, protocol: 'auto', ...(named && { user: 'hub', passwordFile: 'hub.password' }) }
      : { type: 'embedded', port: brokerPort, accountsFile: 'accounts' },
    destinations: [destination],
    resync: { policy: 'automatic', outageAfter: '1s' },
    fleet: { lateAfter: '10s', offlineAfter: '20s' },
    ...options.hub,
  };
  let agentYaml: AgentYaml = {
    device: DEVICE.device,
    zone: 'Europe/Paris',
    dataFolder: 'agent',
    log: 'debug',
    hub: { url, ...(mosquitto && !named ? {} : { user: DEVICE.device, passwordFile: 'device.password' }) },
    destinations: [destination],
    delivery: { retryFrom: '200ms', retryUpTo: '2s', stall: '5s' },
    stateEvery: '1s',
    sources: options.sources,
    ...options.agent,
  };
  const hubFile = join(folder, 'hub.yaml');
  const agentFile = join(folder, 'agent.yaml');
  await writeFile(hubFile, stringify(hubYaml));
  await writeFile(agentFile, stringify(agentYaml));

  const baseUrl = `http://127.0.0.1:${httpPort}`;
  let agentLives = 0;
  const site = {
    folder,
    sshd,
    baseUrl,
    broker: mosquitto,
    landing: (source: string) => join(landing, DEVICE.device, source),
    watched: (source: string) => join(folder, 'agent/sources', source),
    async takesFiles(source: string) {
      const input = join(site.watched(source), 'input');
      await until('the watched folder takes files', () => unlessAbsent(readdir(input), undefined));
    },
    startAgent() {
      const agent = startProgram(
        'agent',
        ['run', '--config', agentFile],
        // A life's words are its own: what an earlier one has printed is no sign of this one.
        join(folder, `agent-${++agentLives}.log`),
        options.environment,
      );
      onTestFinished(() => agent.kill());
      site.agent = agent;
      return agent;
    },
    async startHub() {
      const hub = startProgram('hub', ['serve', '--config', hubFile], join(folder, `hub-${Date.now()}.log`));
      onTestFinished(async () => {
        await hub.stop();
      });
      await hub.printed(/^dashboard: /m);
      site.hub = hub;
      return hub;
    },
    async configureAgent(change: (config: AgentYaml) => void) {
      agentYaml = structuredClone(agentYaml);
      change(agentYaml);
      await writeFile(agentFile, stringify(agentYaml));
    },
    async configureHub(change: (config: Record<string, unknown>) => void) {
      hubYaml = structuredClone(hubYaml);
      change(hubYaml);
      await writeFile(hubFile, stringify(hubYaml));
    },
  } as { -readonly [K in keyof Site]: Site[K] };
  const hub = await site.startHub();
  const [, code] = await hub.printed(/one-time code (\S+)/);
  site.code = code as string;
  if (options.signUp !== false) site.api = await signUp(baseUrl, site.code);
  if (options.agentRuns !== false) site.startAgent();
  return site;
}

/** Path and SHA-256 of every file below a folder; what vanishes meanwhile is left out, an absent folder is empty. */
export async function filesBelow(folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const entry of await unlessAbsent(readdir(folder, { recursive: true, withFileTypes: true }), [])) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await unlessAbsent(readFile(path), undefined);
    if (bytes) files.set(path.slice(folder.length + 1), createHash('sha256').update(bytes).digest('hex'));
  }
  return files;
}

async function unlessAbsent<T, A>(found: Promise<T>, absent: A): Promise<T | A> {
  try {
    return await found;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return absent;
    throw error;
  }
}
