import { readFileSync } from 'node:fs';
import { ACCESS } from '@vigie/hub/http/access';
import { COMMANDS, JOB_ORDERS } from '@vigie/shared/protocol/command';
import { HUB_COMMANDS, hubCommandArgs } from '@vigie/shared/protocol/hub-command';
import { expect, test } from 'vitest';

/** What operators may order over HTTP, and the command that does the same. `device` commands go to the device itself. */
const SAME: Record<string, (typeof HUB_COMMANDS)[number] | 'device'> = {
  'POST /devices/{site}/{device}/commands': 'device',
  'POST /devices/{site}/{device}/drills': 'drill',
  'POST /reports': 'report',
  'DELETE /reports/{id}': 'report-remove',
  'POST /reports/{id}/cancel': 'report-cancel',
  'POST /reports/{id}/rerun': 'rerun',
  'POST /jobs/{id}/pause': 'job',
  'POST /jobs/{id}/resume': 'job',
  'POST /jobs/{id}/cancel': 'job',
};

test('whatever an operator may order over HTTP, one may order by MQTT', () => {
  const routes = Object.entries(ACCESS).filter(([, role]) => role === 'operator');
  expect(routes.map(([route]) => route).sort()).toEqual(Object.keys(SAME).sort());
  for (const name of Object.values(SAME)) expect(['device', ...HUB_COMMANDS]).toContain(name);
  expect(hubCommandArgs.job.shape.order.unwrap().options).toEqual([...JOB_ORDERS]);
});

test('the page for operators has an example of every command', () => {
  const page = readFileSync(new URL('../../../docs/mqtt-commands.md', import.meta.url), 'utf8');
  const examples = [...page.matchAll(/^mosquitto_pub .*-t (\S+)/gm)].map((match) => match[1]);
  for (const name of HUB_COMMANDS) expect(examples).toContain(`vigie/v1/hub/command/${name}`);
  for (const name of COMMANDS) expect(examples).toContain(`vigie/v1/main/cam-1/command/${name}`);
});
