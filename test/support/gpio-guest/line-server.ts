import net from 'node:net';
import { createInterface } from 'node:readline';
import { createCharacterDeviceGpio } from '@vigie/hardware/gpio/character-device';
import { createOnoffGpio } from '@vigie/hardware/gpio/onoff';
import { carryOut, type LineAnswer, type LineOrder } from './line-orders.ts';

/** Runs in the guest: carries out what a test on the host asks for, over TCP. Node takes this source as it is. */
const port = Number(process.argv[2]);
// The host's loopback, as the guest sees it.
const socket = net.connect(port, '10.0.2.2');
const say = (answer: LineAnswer) => void socket.write(`${JSON.stringify(answer)}\n`);
const obey = carryOut(
  (order) => (order.adapter === 'onoff' ? createOnoffGpio(order) : createCharacterDeviceGpio(order)),
  say,
);
createInterface({ input: socket }).on('line', (text) => say(obey(JSON.parse(text) as LineOrder)));
socket.on('connect', () => console.log('READY', process.version, process.arch));
socket.on('close', () => process.exit(0));
