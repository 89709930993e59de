import { expect, test } from 'vitest';
import { until } from '../support/temp.ts';
import { FAULT_SCRIPTS } from './camera-faults/scripts.ts';
import { faultySite, sufferFault } from './camera-faults/site.ts';

/** The long form, with the times of the field, is `camera-faults.campaign.ts`. */
test('a camera’s bad days, one after another: each is told, and a picture follows its end within 120 s', async () => {
  const recovery = { retries: 0, pauseFrom: '200ms', pauseUpTo: '1s', redetect: { cooldown: '5s' } };
  const site = await faultySite({ every: '1s', camera: { timeLimit: '1500ms' }, recovery }, 1_000);
  for (const script of FAULT_SCRIPTS) {
    const told = site.failures().length;
    const tookMs = await sufferFault(site, script, 300);
    expect.soft(tookMs, script.name).toBeLessThan(120_000);
    if (script.seenAs.test('unreadable')) expect(site.failures().slice(told)).toContain('unreadable');
    else
      expect(
        site
          .failures()
          .slice(told)
          .filter((code) => !script.seenAs.test(code) && code !== 'camera-busy'),
      ).toEqual([]);
  }
  // It was the ladder that brought the pictures back, and every rung was told.
  const rungs = site.rungs();
  expect(rungs.filter((rung) => rung.endsWith(' recovered')).length).toBeGreaterThanOrEqual(6);
  expect(rungs).toContain('kill failed');
  expect(rungs.some((rung) => rung.startsWith('redetect '))).toBe(true);
  expect(rungs.every((rung) => !/restart-agent|reboot/.test(rung))).toBe(true);
  expect(await site.agent.stop()).toBe(0);
}, 120_000);

test('where it is allowed the agent ends to be started again, with code 75 and once an hour; the next life takes the picture', async () => {
  const not = { allowed: false };
  const recovery = { retries: 0, redetect: not, usbReauthorise: not, restartAgent: { allowed: true } };
  const site = await faultySite({ every: '1s', camera: { timeLimit: '2s' }, recovery }, 1_000);
  await site.camera.control.set('absent');
  await until('the agent has ended', () => !site.agent.running);
  expect(await site.agent.stop()).toBe(75);
  const told = site.failures().length;
  site.startAgain();
  await until('the next life fails too, and goes on', () => site.failures().length > told + 1);
  expect(site.agent.running).toBe(true);
  const good = await site.good();
  await site.camera.control.clear('absent');
  await until('there is a picture again', async () => (await site.good()) > good);
  expect(site.rungs().filter((rung) => rung === 'restart-agent begun')).toHaveLength(1);
  expect(await site.agent.stop()).toBe(0);
}, 90_000);
