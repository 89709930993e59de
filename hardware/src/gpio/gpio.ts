import type { VigieError } from '@vigie/shared/kit/errors';

/**
 * Lines of a GPIO chip, behind one port. An adapter is named by its technology (`onoff.ts`, `character-device.ts`).
 *
 * A level is told as a person means it: _active_ or not. With `activeLow`, the low level is the active one. A line belongs to
 * whoever has opened it until it is disposed of.
 *
 * Errors are VigieErrors, each with a hint: `gpio-absent` (no such chip or interface), `gpio-no-line` (no such line of the
 * chip), `gpio-busy` (something else holds the line; retryable), `gpio-permission`, `gpio-unsupported` (the interface cannot do
 * this), `gpio-failed` (the kernel refused otherwise; retryable).
 */
export interface Gpio extends Disposable {
  /** For people and logs: the interface and the chip. */
  readonly description: string;
  /** Can it set a line's pull resistor? Where it cannot, a bias other than `as-is` is refused with `gpio-unsupported`. */
  readonly setsBias: boolean;
  openInput(request: InputRequest): InputLine;
  openOutput(request: OutputRequest): OutputLine;
}

/** Pull resistors inside the chip: as they are, none, towards 3.3 V, towards ground. */
export const BIASES = ['as-is', 'off', 'pull-up', 'pull-down'] as const;
export type Bias = (typeof BIASES)[number];

/** Which changes are told: to active, to inactive, or both. */
export type Edge = 'activated' | 'deactivated' | 'both';

export type InputRequest = {
  /** The line's number on its chip, from 0. */
  line: number;
  activeLow: boolean;
  bias: Bias;
  edge: Edge;
  /** A change counts when the level has then stayed for so long; 0 counts every change. Milliseconds. */
  debounceMs: number;
  /** Called for each change with the level that it led to. What it throws is the process's, so it must not throw. */
  changed: (active: boolean) => void;
  /** The line can tell nothing any more: its chip is gone. Called once; the same holds for what it throws. */
  failed: (error: VigieError) => void;
};

export interface InputLine extends Disposable {
  /** The level now, without debouncing. */
  read(): boolean;
}

export type OutputRequest = {
  line: number;
  activeLow: boolean;
  /** The level from the first instant on: the line does not pass through the other one. */
  initiallyActive: boolean;
};

export interface OutputLine extends Disposable {
  /** The level that was set last. */
  readonly active: boolean;
  /** Has reached the line on return. */
  set(active: boolean): void;
}
