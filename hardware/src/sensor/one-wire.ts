import { join } from 'node:path';
import { absent, failed, textOf } from './kernel-file.ts';
import type { Sensor } from './sensor.ts';

/** What a DS18B20 says after a loss of its supply, until it has measured: no temperature. Source: its data sheet. */
const POWER_ON_MILLICELSIUS = 85_000;

/**
 * Thermometers on a 1-wire bus: `/sys/bus/w1/devices/28-…`. The checksum is looked at: a long wire makes errors. Source: the kernel's
 * Documentation/w1/slaves/w1_therm.rst.
 */
export function createOneWire(options: { name: string; id: string; root?: string }): Sensor {
  const { name, id, root = '/sys/bus/w1/devices' } = options;
  return {
    name,
    quantity: 'temperature',
    async read() {
      const text = await textOf(join(root, id, 'w1_slave'));
      if (text === undefined) throw absent(`find 1-wire sensor "${id}" below ${root}: it is not there`);
      const [, sum, figure] = /crc=\w+ (YES|NO)[\s\S]*\bt=(-?\d+)$/.exec(text) ?? [];
      if (sum === undefined) throw failed(id, `${JSON.stringify(text.slice(0, 80))} is no answer of a thermometer`);
      if (sum === 'NO') throw failed(id, 'the checksum of its answer is wrong');
      if (Number(figure) === POWER_ON_MILLICELSIUS) {
        throw failed(id, '85 °C, its value after a loss of supply: it has not measured');
      }
      return Number(figure) / 1000;
    },
  };
}
