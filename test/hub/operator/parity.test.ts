import { readFileSync } from 'node:fs';
import { ACCESS } from '@vigie/hub/http/access';
import { COMMANDS, JOB_ORDERS } from '@vigie/shared/protocol/command';
import { HUB_COMMANDS, hubCommandArgs } from '@vigie/shared/protocol/hub-command';
import { expect, test } from 'vitest';

/** What viewers and operators may do over HTTP, and the command that does the same. `device` commands go to the device itself. */
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
  'GET /activity': 'activity',
  'GET /devices': 'fleet',
  'GET /devices/{site}/{device}': 'fleet',
  'GET /devices/{site}/{device}/sources/{source}/certificates': 'certificates',
  'GET /devices/{site}/{device}/sources/{source}/certificates/{day}/remarks': 'certificates',
  'GET /schedules': 'schedules',
  'GET /reports': 'reports',
  'GET /reports/{id}': 'report-status',
  'GET /reports/{id}/estimate': 'resync',
  'GET /reports/{id}/unmatched': 'report-status',
  'GET /jobs': 'jobs',
  'GET /jobs/{id}': 'job',
  'GET /drills': 'drills',
  'GET /drills/{id}': 'drills',
};

/** What is not to be had by MQTT, and why. */
const ONLY_HTTP: Record<string, string> = {
  'GET /live': 'operators read what devices and hub publish itself',
  'GET /devices/{site}/{device}/sources/{source}/preview': 'the broker keeps the newest preview under thumbnail',
  'GET /devices/{site}/{device}/sources/{source}/days':
    'the calendar of the dashboard; the device tells its days as inventory/digest',
  'GET /devices/{site}/{device}/sources/{source}/pictures': 'the calendar of the dashboard',
  'GET /devices/{site}/{device}/sources/{source}/picture': 'a picture is larger than a message',
  'GET /devices/{site}/{device}/sources/{source}/original': 'a picture is larger than a message',
  'GET /devices/{site}/{device}/sources/{source}/certificates/{day}': 'the file of a day may be larger than a message',
  'GET /destinations': 'the address of each is in the configuration; `fleet` names them with their state',
  'GET /reports/{id}/export': 'it may be larger than a message; report-status gives the list in parts',
  'POST /users/me/password': 'accounts of the dashboard are none of the broker',
};

test('whatever a viewer or an operator may do over HTTP, one may do by MQTT, but for what is named', () => {
  const routes = Object.entries(ACCESS).filter(([, role]) => role === 'operator' || role === 'viewer');
  expect(routes.map(([route]) => route).sort()).toEqual([...Object.keys(SAME), ...Object.keys(ONLY_HTTP)].sort());
  const orders = routes.filter(([, role]) => role === 'operator').map(([route]) => route);
  expect(orders.filter((route) => route in ONLY_HTTP)).toEqual([]);
  for (const name of Object.values(SAME)) expect(['device', ...HUB_COMMANDS]).toContain(name);
  expect(hubCommandArgs.job.shape.order.unwrap().options).toEqual([...JOB_ORDERS]);
  const asked = ['class', 'search', 'new', 'offset'];
  expect(Object.keys(hubCommandArgs['report-status'].shape)).toEqual(expect.arrayContaining(asked));
});

test('the page for operators has an example of every command', () => {
  const page = readFileSync(new URL('../../../docs/mqtt-commands.md', import.meta.url), 'utf8');
  const examples = [...page.matchAll(/^mosquitto_pub .*-t (\S+)/gm)].map((match) => match[1]);
  for (const name of HUB_COMMANDS) expect(examples).toContain(`vigie/v1/hub/command/${name}`);
  for (const name of COMMANDS) expect(examples).toContain(`vigie/v1/main/cam-1/command/${name}`);
});
