import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { readPowerFlags } from '@vigie/hardware/power/power-flags';
import { systemClock as clock } from '@vigie/shared/kit/clock';
import { ownPart } from '@vigie/shared/kit/own-part';
import { folderOf } from '@vigie/shared/remote/destination-config';
import type { AgentConfig } from '../config.ts';
import { checkBroker } from '../doctor/broker-check.ts';
import { checkClock } from '../doctor/clock-check.ts';
import { checkDirectory } from '../doctor/directory-check.ts';
import { checkFolder, type FolderCheckOptions, type RoomMark } from '../doctor/disk-check.ts';
import type { Check } from '../doctor/finding.ts';
import { checkFont } from '../doctor/font-check.ts';
import { askLedger, checkLedger } from '../doctor/ledger-check.ts';
import { checkPower } from '../doctor/power-check.ts';
import { checkAddOn, checkProgram } from '../doctor/program-check.ts';
import { agentIn } from '../doctor/running-agent.ts';
import { checkSftp } from '../doctor/sftp-check.ts';
import { WRITTEN_AT } from '../health/clock-floor.ts';
import { clockWord, kernelWitnesses } from '../health/clock-word.ts';
import { FONT_FAMILY, FONT_FILE } from '../process/font.ts';
import { TREES, treesOf } from '../watched-folder/trees.ts';
import { cameraChecks } from './doctor-cameras.ts';

const STALL_MS = 10_000;
const LEDGER_LIMIT_MS = 70_000;

/** Everything that the doctor looks at for this configuration. The list is long, and each line of it stands for itself. */
export async function doctorChecks(config: AgentConfig, options: { capture: boolean }): Promise<Check[]> {
  const { dataFolder, sources, hub, device } = config;
  const token = () => randomBytes(6).toString('hex');
  const ledgerFile = join(dataFolder, 'ledger.sqlite');
  const over = new AbortController();
  const ledger = askLedger(ledgerFile, over.signal);
  // Each check that asks it tells what became of it, or does without.
  const known = ledger.catch(() => undefined);
  const folders = sources.map((source) => ({
    source,
    trees: treesOf(source.watchedFolder.path ?? join(dataFolder, 'sources', source.name)),
  }));
  const running = (await Promise.all(folders.map(({ trees }) => agentIn(trees.lock)))).some((pid) => pid !== undefined);
  const marks = marksOf(config);
  const place = (folder: string, more: Partial<FolderCheckOptions> = {}) =>
    checkFolder({ folder, expected: [], trees: [], marks, token: token(), ...more });

  return [
    ...sources.flatMap((source) => cameraChecks(source, options)),
    { area: 'power', subject: 'supply', look: (signal) => checkPower(() => readPowerFlags('vcgencmd', signal)) },
    {
      area: 'clock',
      subject: 'this machine',
      look: async () =>
        checkClock({
          now: clock.now(),
          notBefore: Math.max(WRITTEN_AT, (await known)?.clockFloor ?? 0),
          synchronised: clockWord(kernelWitnesses),
          zones: [...new Set([config.zone, ...sources.map(({ zone }) => zone ?? config.zone)])],
        }),
    },
    { area: 'disk', subject: 'dataFolder', look: () => place(dataFolder) },
    ...folders.map(
      ({ source, trees }): Check => ({
        area: 'disk',
        subject: source.name,
        async look() {
          const wasThere = ((await known)?.held[source.name] ?? 0) > 0;
          return place(trees.root, {
            expected: wasThere ? [trees.marker] : [],
            trees: TREES.map((tree) => trees[tree]),
          });
        },
      }),
    ),
    ...sources
      .filter(({ process }) => process.some(({ step }) => step === 'legend'))
      .map(
        ({ name }): Check => ({
          area: 'font',
          subject: name,
          look: (signal) => checkFont({ fontFile: FONT_FILE, family: FONT_FAMILY }, signal),
        }),
      ),
    ...config.destinations.map((destination): Check => {
      const { name } = destination;
      if (destination.type === 'directory') {
        const root = destination.root;
        return {
          area: 'destination',
          subject: name,
          look: () => checkDirectory({ root, checkFolder: (at) => place(at, { marks: [] }) }),
        };
      }
      const mine = sources.filter(({ destinations }) => destinations.includes(name));
      const below = mine.map((source) =>
        folderOf(destination.folder, { site: config.site, device, source: source.name }),
      );
      const about = { config: destination, folders: below, token: token(), stallMs: STALL_MS, clock };
      return { area: 'destination', subject: name, look: (signal) => checkSftp(about, signal) };
    }),
    ...(hub
      ? [
          {
            area: 'broker' as const,
            subject: 'hub',
            look: (signal: AbortSignal) =>
              checkBroker(
                {
                  url: hub.url,
                  user: hub.user ?? device,
                  passwordFile: hub.passwordFile,
                  caFile: hub.caFile,
                  protocol: hub.protocol,
                  agentRuns: running,
                },
                signal,
              ),
          },
        ]
      : []),
    ...programChecks(config),
    {
      area: 'ledger',
      subject: 'ledger.sqlite',
      limitMs: LEDGER_LIMIT_MS,
      async look(signal) {
        signal.addEventListener('abort', () => over.abort());
        return checkLedger(ledgerFile, ledger);
      },
    },
  ];
}

function programChecks({ sources }: AgentConfig): Check[] {
  const needs = new Map<string, Check>();
  for (const { name, camera } of sources) {
    const purpose = `source "${name}"`;
    if (camera.type === 'gphoto2') {
      const load = ownPart('add-on', new URL('../doctor/add-on-child.ts', import.meta.url));
      const about = {
        name: 'gphoto2',
        load,
        rebuild: 'node scripts/set-up.mjs # it builds what does not fit this Node',
      };
      needs.set('gphoto2', { area: 'program', subject: 'gphoto2', look: (signal) => checkAddOn(about, signal) });
    }
    if (camera.type === 'rtsp') {
      const command = camera.command ?? 'ffmpeg';
      const about = { commands: [command], versionArgument: '-version', debianPackage: 'ffmpeg', purpose };
      needs.set(command, { area: 'program', subject: 'ffmpeg', look: (signal) => checkProgram(about, signal) });
    }
    if (camera.type === 'rpicam-still') {
      const commands = camera.command === undefined ? ['rpicam-still', 'libcamera-still'] : [camera.command];
      const about = { commands, versionArgument: '--version', debianPackage: 'rpicam-apps-lite', purpose };
      needs.set(commands.join(), {
        area: 'program',
        subject: 'rpicam-still',
        look: (signal) => checkProgram(about, signal),
      });
    }
  }
  return [...needs.values()];
}

/** The watermarks of the disk, from the highest to the lowest. */
function marksOf({ disk }: AgentConfig): RoomMark[] {
  return [
    { ...disk.clean, effect: 'derivatives and proved files are removed' },
    { ...disk.stopProcessing, effect: 'pictures wait in stage, nothing is made of them' },
    { ...disk.skipCaptures, effect: 'captures are skipped' },
  ];
}
