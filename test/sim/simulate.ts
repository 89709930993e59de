import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { randomOf } from '../support/random.ts';
import type { Bug } from './bugs.ts';
import { createDeeds, type Deeds } from './deeds.ts';
import { checkEnds, converge, endFaults, tamperAtLast } from './ending.ts';
import { type Dice, diceOf, drawScene } from './scene.ts';
import { createSite, type Site } from './site.ts';
import { createTruth, type Truth } from './truth.ts';

/** What came of one history. `faults` is empty where everything held; the digest is that of the whole trace. */
export type Outcome = {
  seed: number;
  faults: string[];
  digest: string;
  tail: string[];
  days: number;
  pictures: number;
  reports: number;
};

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;
/** Where proofs are looked at again so soon, a history may end with somebody who tampers. */
const SOON_MS = 60 * MINUTE;
const FAULTS_MAX = 20;

/** One random history of a whole site, from its first picture to the proof that everything has arrived; its databases lie `within` a folder. */
export async function simulate(seed: number, within: string, bug?: Bug): Promise<Outcome> {
  const random = randomOf(seed * 7919 + 17);
  for (let i = 0; i < 3; i++) random();
  const dice = diceOf(random);
  const scene = drawScene(dice);
  const faults: string[] = [];
  const fault = (message: string) => {
    if (faults.length < FAULTS_MAX && !faults.includes(message)) faults.push(message);
  };
  const truth: Truth = createTruth(() => site, fault);
  const folder = mkdtempSync(join(within, 'site-'));
  using site: Site = createSite({
    ...{ scene, random, folder, bug, fault },
    reportChanged: truth.checkReport,
    drillChanged: truth.checkSheet,
    ledgerLost: truth.ledgerLost,
    hubRestored: truth.hubRestored,
  });
  try {
    const deeds = createDeeds(site, truth, dice);
    await happen(site, truth, deeds, dice);
    await endFaults(site, deeds);
    await converge(site, truth, deeds.known.meddled, fault);
    if (!deeds.known.meddled || faults.length === 0) check(site, truth, deeds.known.ordered, fault);
    const isLookedAtSoon = scene.auditWithinMs > 0 && scene.auditWithinMs <= SOON_MS;
    if (faults.length === 0 && isLookedAtSoon && dice.chance(0.5)) {
      await tamperAtLast(site, truth, deeds, fault);
      check(site, truth, deeds.known.ordered, fault);
    }
  } catch (error) {
    fault(`the history broke off: ${(error as Error).stack}`);
  }
  const { digest, tail } = site.endOfTrace();
  const pictures = site.devices.reduce((sum, { taken }) => sum + taken.length, 0);
  return { seed, faults, digest, tail, days: scene.days, pictures, reports: truth.reports() };
}

/** Days with pictures, faults and orders; between two of them a moment, some minutes, or hours. */
async function happen(site: Site, truth: Truth, deeds: Deeds, { between, one, chance }: Dice): Promise<void> {
  const { time, scene, devices } = site;
  site.startHub();
  for (const device of devices) site.startDevice(device);
  await time.run(10 * SECOND);
  const end = scene.days * DAY;
  for (let n = 0; n < scene.deeds; n++) {
    if (chance(0.75)) {
      const device = one(devices);
      for (let i = between(1, 2); i > 0; i--) site.take(device);
      site.fileInput(device);
      if (chance(0.5)) deeds.reject(device);
    }
    if (chance(0.8)) deeds.one();
    await time.run(chance(0.15) ? between(0, 3 * MINUTE) : between(0, 20 * SECOND));
    if (deeds.known.watchMs > 0) await time.run(deeds.known.watchMs);
    deeds.known.watchMs = 0;
    for (const device of devices) {
      truth.checkReceipts(device);
      truth.checkKnowledge(device);
    }
    const left = Math.max(0, end - time.passed()) / (scene.deeds - n);
    if (chance(0.5)) time.leap(chance(0.5) ? between(0, 10 * MINUTE) : between(0, Math.floor(2 * left)));
  }
}

function check(site: Site, truth: Truth, ordered: number, fault: (message: string) => void): void {
  for (const device of site.devices) {
    truth.checkReceipts(device);
    truth.checkDevice(device);
    for (const at of site.destinations) truth.checkDestination(device, at);
  }
  checkEnds(site, fault);
  // A device whose ledger was lost does not know any more what it has carried out.
  if (truth.ledgersLost() > 0) return;
  const carriedOut = site.devices.reduce((sum, { disk }) => sum + disk.ordered, 0);
  if (carriedOut > ordered) fault(`${carriedOut} pictures were taken by command, where ${ordered} orders were in time`);
}
