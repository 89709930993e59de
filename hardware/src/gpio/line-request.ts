import { endianness } from 'node:os';
import type { Bias, Edge } from './gpio.ts';

/**
 * The kernel's GPIO interface, version 2, as bytes. Source: include/uapi/linux/gpio.h. Numbers are in the machine's own byte order; every
 * machine that this runs on is little-endian, and another one is refused when this file is loaded.
 */
if (endianness() !== 'LE') throw new Error('GPIO requests are written for little-endian machines');

/** ioctl requests: direction, size, type 0xB4, number. */
export const GET_CHIP = 0x8044_b401;
export const GET_LINE_STATE = 0xc100_b405;
export const GET_LINE = 0xc250_b407;
export const GET_VALUES = 0xc010_b40e;
export const SET_VALUES = 0xc010_b40f;

const NAME_BYTES = 32;
export const CHIP_BYTES = 68;
export const LINE_STATE_BYTES = 256;
export const LINE_REQUEST_BYTES = 592;
export const VALUES_BYTES = 16;
export const EVENT_BYTES = 48;

const CONSUMER_AT = 256;
const CONFIG_AT = 288;
const ATTRIBUTES_AT = CONFIG_AT + 32;
const ATTRIBUTE_BYTES = 24;
const LINE_COUNT_AT = 560;
const FD_AT = 588;

const FLAG = {
  activeLow: 1n << 1n,
  input: 1n << 2n,
  output: 1n << 3n,
  rising: 1n << 4n,
  falling: 1n << 5n,
  pullUp: 1n << 8n,
  pullDown: 1n << 9n,
  pullOff: 1n << 10n,
};
const ATTRIBUTE = { outputValues: 2, debounce: 3 };

const BIAS_FLAG: Record<Bias, bigint> = {
  'as-is': 0n,
  off: FLAG.pullOff,
  'pull-up': FLAG.pullUp,
  'pull-down': FLAG.pullDown,
};
/** With an active-low line the kernel turns edges over itself: they are told as a person means them. */
const EDGE_FLAG: Record<Edge, bigint> = {
  activated: FLAG.rising,
  deactivated: FLAG.falling,
  both: FLAG.rising | FLAG.falling,
};

export type LineRequest = { line: number; activeLow: boolean; consumer: string } & (
  | { direction: 'input'; bias: Bias; edge: Edge; debounceMs: number }
  | { direction: 'output'; initiallyActive: boolean }
);

/** `struct gpio_v2_line_request` for one line. */
export function lineRequest(request: LineRequest): Buffer {
  const bytes = Buffer.alloc(LINE_REQUEST_BYTES);
  bytes.writeUInt32LE(request.line, 0);
  bytes.write(request.consumer.slice(0, NAME_BYTES - 1), CONSUMER_AT, 'latin1');
  bytes.writeUInt32LE(1, LINE_COUNT_AT);
  let flags = request.activeLow ? FLAG.activeLow : 0n;
  let attributes = 0;
  const attribute = (id: number, write: (at: number) => void) => {
    const at = ATTRIBUTES_AT + attributes * ATTRIBUTE_BYTES;
    bytes.writeUInt32LE(id, at);
    write(at + 8);
    // The lines of this request that it is for: the one there is.
    bytes.writeBigUInt64LE(1n, at + 16);
    attributes += 1;
  };
  if (request.direction === 'input') {
    flags |= FLAG.input | BIAS_FLAG[request.bias] | EDGE_FLAG[request.edge];
    const { debounceMs } = request;
    if (debounceMs > 0) attribute(ATTRIBUTE.debounce, (at) => bytes.writeUInt32LE(Math.round(debounceMs * 1000), at));
  } else {
    flags |= FLAG.output;
    const value = request.initiallyActive ? 1n : 0n;
    attribute(ATTRIBUTE.outputValues, (at) => bytes.writeBigUInt64LE(value, at));
  }
  bytes.writeBigUInt64LE(flags, CONFIG_AT);
  bytes.writeUInt32LE(attributes, CONFIG_AT + 8);
  return bytes;
}

/** The descriptor of the line that the kernel has written into a request. */
export const lineDescriptor = (request: Buffer): number => request.readInt32LE(FD_AT);

/** `struct gpio_v2_line_values` for the one line of a request. */
export function lineValues(active: boolean): Buffer {
  const bytes = Buffer.alloc(VALUES_BYTES);
  bytes.writeBigUInt64LE(active ? 1n : 0n, 0);
  bytes.writeBigUInt64LE(1n, 8);
  return bytes;
}
export const activeIn = (values: Buffer): boolean => (values.readBigUInt64LE(0) & 1n) === 1n;

/** The events of a read, in order: `struct gpio_v2_line_event`, one after the other. `atNs` is on the kernel's monotonic clock. */
export function lineEvents(bytes: Buffer, length: number): { atNs: bigint; active: boolean }[] {
  const events: { atNs: bigint; active: boolean }[] = [];
  for (let at = 0; at + EVENT_BYTES <= length; at += EVENT_BYTES) {
    events.push({ atNs: bytes.readBigUInt64LE(at), active: bytes.readUInt32LE(at + 8) === 1 });
  }
  return events;
}

/** Label and number of lines, from `struct gpiochip_info`. */
export const chipOf = (bytes: Buffer): { label: string; lines: number } => ({
  label: text(bytes, NAME_BYTES),
  lines: bytes.readUInt32LE(64),
});

/** A query for a line's state, and who holds it, from `struct gpio_v2_line_info`. */
export function lineStateQuery(line: number): Buffer {
  const bytes = Buffer.alloc(LINE_STATE_BYTES);
  bytes.writeUInt32LE(line, 64);
  return bytes;
}
export const consumerOf = (state: Buffer): string => text(state, NAME_BYTES);

function text(bytes: Buffer, at: number): string {
  const end = bytes.indexOf(0, at);
  return bytes.toString('latin1', at, end < 0 ? at + NAME_BYTES : Math.min(end, at + NAME_BYTES));
}
