import { expect, test } from 'vitest';
import { flagText, heaterText, sensorText, sensorTitle } from '../../../../hub/web/src/format/surroundings.ts';

test('a sensor shows its value in its unit, and why there is none', () => {
  expect(sensorText({ value: -3.5, unit: '°C', error: null })).toBe('-3.5 °C');
  expect(sensorText({ value: 1013.27, unit: 'hPa', error: null })).toBe('1013 hPa');
  expect(sensorText({ value: null, unit: '°C', error: null })).toBe('no value yet');
  expect(sensorText({ value: null, unit: '°C', error: 'its file is gone' })).toBe('its file is gone');
  expect(sensorText({ value: 20, unit: '°C', error: 'the last reading failed' })).toBe(
    '20 °C (the last reading failed)',
  );
});

test('power flags and heaters are told in words; what is not known stays as it is', () => {
  expect(flagText('under-voltage-now')).toBe('under-voltage now');
  expect(flagText('throttled-since-boot')).toBe('throttled since it was switched on');
  expect(flagText('something-else')).toBe('something-else');
  expect(heaterText({ on: true, because: 'cold' })).toBe('on: it is cold');
  expect(heaterText({ on: null, because: 'new-reason' })).toBe('unknown: new-reason');
});

test('a sensor is called by what it measures, then by its name', () => {
  expect(sensorTitle({ name: 'housing', quantity: 'temperature' })).toBe('Temperature (housing)');
});
