import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openRecoveringCamera } from '@vigie/agent/recovery/open-recovering';
import { recoveryConfig } from '@vigie/agent/recovery/recovery-config';
import { createRecoveries } from '@vigie/agent/store/recoveries';
import { createGphoto2 } from '@vigie/hardware/camera/gphoto2';
import { systemClock } from '@vigie/shared/kit/clock';
import { silentLog } from '@vigie/shared/kit/log';
import { expect, onTestFinished, test } from 'vitest';
import { testLedger } from '../../support/ledger.ts';
import { jpegPicture } from '../../support/picture.ts';
import { tempFolder } from '../../support/temp.ts';
import { usbBus } from '../../support/usb-bus.ts';
import { virtualCamera } from '../../support/virtual-camera/virtual-camera.ts';

/** libgphoto2's camera on a bus that does what the kernel does: it hangs until something is done to it. */
async function set(powerCycle?: () => Promise<void>) {
  const virtual = await virtualCamera();
  const jpeg = Buffer.from(await jpegPicture());
  await virtual.put(jpeg);
  const bus = await usbBus();
  const body = { port: '1-1.2', name: 'Nikon DSC D750', address: 1 };
  await bus.plug(body);
  const { ledger, outbox } = await testLedger();
  const camera = openRecoveringCamera({
    config: recoveryConfig.parse({
      retries: 0,
      pauseFrom: '10ms',
      usbOff: '400ms',
      settle: '2s',
      redetect: { allowed: false },
    }),
    camera: { type: 'gphoto2', timeLimit: 1_500 },
    open: () =>
      createGphoto2({ timeLimitMs: 1_500, keepOnCard: true, environment: { ...process.env, ...virtual.environment } }),
    powerCycle,
    recoveries: createRecoveries(ledger, 'garden', outbox),
    roomMs: () => 60_000,
    zone: 'UTC',
    restartAgent: () => undefined,
    sys: bus.sys,
    clock: systemClock,
    log: silentLog,
  });
  onTestFinished(() => camera[Symbol.asyncDispose]());
  const folder = join(await tempFolder(), 'capture');
  await mkdir(folder);
  const rungs = () =>
    outbox
      .after(0, 100)
      .flatMap((event) => (event.type === 'camera-recovery' ? [`${event.rung} ${event.outcome}`] : []));
  async function capture(): Promise<Buffer> {
    const files = await camera.capture({ folder, at: 0, zone: 'UTC', source: 'garden', sequence: 1 });
    return readFile(files[0]?.path as string);
  }
  return { virtual, jpeg, bus, body, capture, rungs };
}

test('a camera that hangs until it is switched off and on at USB: one capture, one picture', async () => {
  const { virtual, jpeg, bus, capture, rungs } = await set();
  await virtual.control.set('hang');
  bus.onSwitch = (_, isOn) => (isOn ? virtual.control.clear('hang') : undefined);
  expect(await capture()).toEqual(jpeg);
  expect(rungs()).toEqual(['kill failed', 'usb-reauthorise recovered']);
});

test('a camera that only loses its power helps: it comes back under another address, and gives the picture', async () => {
  const set1 = await set(async () => {
    await virtual.control.set('address', '9');
    await virtual.control.clear('hang');
    await bus.unplug(body.port);
    await bus.plug({ ...body, address: 9 });
  });
  const { virtual, jpeg, bus, body, capture, rungs } = set1;
  await virtual.control.set('hang');
  expect(await capture()).toEqual(jpeg);
  expect(rungs()).toEqual(['kill failed', 'usb-reauthorise failed', 'power-cycle recovered']);
});
