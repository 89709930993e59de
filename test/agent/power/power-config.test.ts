import { agentConfig } from '@vigie/agent/config';
import { parseConfig } from '@vigie/shared/kit/yaml-config';
import { expect, test } from 'vitest';

const START = `
device: pi
dataFolder: /tmp/vigie
sources:
  - { name: garden, camera: { type: test-picture } }
  - { name: street, camera: { type: test-picture } }
`;
const read = (text: string) => parseConfig('agent.yaml', START + text, agentConfig);

test('the three blocks with what they take by themselves', () => {
  const { gpio, power, sensors } = read(`
gpio:
  board: raspberry-pi-4
  inputs: [{ name: door, type: button, line: GPIO17, source: garden }]
power:
  relays: [{ name: cameras, line: pin 13, sources: [garden, street] }]
  heaters: [{ name: dome, line: GPIO22, sensor: dome, onBelow: 3, offAbove: 6 }]
  led: { line: GPIO23 }
sensors:
  list: [{ name: dome, type: one-wire, id: 28-3c01d607a1b2 }, { name: cpu, type: hwmon, device: cpu_thermal }]
`);
  expect(gpio).toMatchObject({ adapter: 'auto', inputs: [{ bias: 'as-is', debounce: 30 }] });
  expect(power?.relays).toMatchObject([
    { contactAtRest: 'closed', off: 5_000, start: 10_000, atEnd: 'on', activeLow: false },
  ]);
  expect(power?.heaters).toMatchObject([{ minimumOn: 60_000, minimumOff: 60_000, stale: 120_000 }]);
  expect(sensors).toMatchObject({ every: 30_000, keepDays: 400 });
  expect(read('')).not.toHaveProperty('gpio.inputs');
});

const FAULTS: [what: string, text: string, fault: RegExp][] = [
  [
    'a board that is not known',
    'gpio: { board: banana-pi }',
    /gpio\.board: auto or one of these is allowed: raspberry-pi-3/,
  ],
  [
    'a line that the board has not',
    'gpio: { board: raspberry-pi-5 }\npower: { led: { line: GPIO40 } }',
    /power\.led\.line: line "GPIO40" of Raspberry Pi 5: there is none; GPIO2, /,
  ],
  [
    'a reserved line, by its pin',
    'gpio: { board: raspberry-pi-5 }\npower: { led: { line: pin 27 } }',
    /power\.led\.line: line "pin 27" of Raspberry Pi 5: reserved for the identity of a HAT/,
  ],
  [
    'a line twice, under two names',
    'gpio: { board: raspberry-pi-3, inputs: [{ name: a, type: pir, line: GPIO17, source: garden }] }\npower: { led: { line: pin 11 } }',
    /power\.led\.line: line "pin 11" is used by "gpio\.inputs\.0\.line"/,
  ],
  [
    'a line twice, on a board that is not known yet',
    'power: { led: { line: GPIO4 }, relays: [{ name: a, line: GPIO4, sources: [garden] }] }',
    /is used by/,
  ],
  [
    'a name that is no line',
    'power: { led: { line: "17" } }',
    /power\.led\.line: a line of the board is allowed: GPIO17/,
  ],
  [
    'a source that is not there',
    'gpio: { inputs: [{ name: a, type: pir, line: GPIO17, source: attic }] }',
    /gpio\.inputs\.0\.source: no source has the name "attic"; allowed: garden, street/,
  ],
  [
    'a source on two relays',
    'power: { relays: [{ name: a, line: GPIO4, sources: [garden] }, { name: b, line: GPIO5, sources: [garden] }] }',
    /power\.relays\.1\.sources\.0: source "garden" hangs on a relay already/,
  ],
  [
    'a relay that takes longer than a recovery waits',
    'power: { relays: [{ name: a, line: GPIO4, sources: [garden], start: 2m }] }',
    /power\.relays\.0\.start: "off" and "start" together of at most \d+s are allowed/,
  ],
  [
    'a heater without its sensor',
    'power: { heaters: [{ name: a, line: GPIO4, sensor: dome, onBelow: 1, offAbove: 2 }] }',
    /power\.heaters\.0\.sensor: no sensor has the name "dome"; allowed: \(none is configured\)/,
  ],
  [
    'a heater by a voltage',
    'power: { heaters: [{ name: a, line: GPIO4, sensor: dome, onBelow: 1, offAbove: 2 }] }\nsensors: { list: [{ name: dome, type: hwmon, device: ina219, channel: in1 }] }',
    /power\.heaters\.0\.sensor: sensor "dome" measures no temperature/,
  ],
  [
    'a heater without hysteresis',
    'power: { heaters: [{ name: a, line: GPIO4, sensor: dome, onBelow: 5, offAbove: 5 }] }\nsensors: { list: [{ name: dome, type: hwmon, device: lm75 }] }',
    /power\.heaters\.0\.offAbove: a temperature above "onBelow" is allowed/,
  ],
  [
    'a channel that the kernel has not',
    'sensors: { list: [{ name: a, type: iio, device: b, channel: warmth }] }',
    /channel of the kernel's is allowed: temp, /,
  ],
  ['a key that is unknown', 'power: { relay: [] }', /power\.relay: no such key is allowed here/],
];

test.each(FAULTS)('%s', (_, text, fault) => {
  expect(() => read(text)).toThrow(fault);
});
