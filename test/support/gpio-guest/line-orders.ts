import type { Gpio, InputLine, InputRequest, OutputLine, OutputRequest } from '@vigie/hardware/gpio/gpio';
import { codeOf, messageOf, VigieError } from '@vigie/shared/kit/errors';

/** What a test asks of a Gpio adapter that runs elsewhere, in the guest: a JSON line an order, a JSON line an answer. */
export type AdapterName = 'onoff' | 'character-device' | 'memory';
export type LineOrder =
  | { do: 'open'; adapter: AdapterName; chip: string; base?: number }
  | { do: 'close' }
  | ({ do: 'input'; id: string } & Omit<InputRequest, 'changed' | 'failed'>)
  | ({ do: 'output'; id: string } & OutputRequest)
  | { do: 'read' | 'dispose'; id: string }
  | { do: 'set'; id: string; active: boolean };
export type LineAnswer =
  | { ok: unknown }
  | { error: { code: string; message: string; retryable: boolean; hint: string | undefined } }
  | { changed: string; active: boolean };

/** Carries orders out on adapters that `open` makes; `say` hears of inputs' changes, between the answers. */
export function carryOut(
  open: (order: Extract<LineOrder, { do: 'open' }>) => Gpio,
  say: (answer: LineAnswer) => void,
): (order: LineOrder) => LineAnswer {
  let gpio: Gpio | undefined;
  const lines = new Map<string, InputLine | OutputLine>();

  function obey(order: LineOrder): unknown {
    switch (order.do) {
      case 'open': {
        gpio = open(order);
        return { description: gpio.description, setsBias: gpio.setsBias };
      }
      case 'close':
        gpio?.[Symbol.dispose]();
        lines.clear();
        return null;
      case 'input': {
        const { id } = order;
        const changed = (active: boolean) => say({ changed: id, active });
        const failed = (error: VigieError) => say({ error: { ...error, message: error.message, hint: error.hint } });
        lines.set(id, (gpio as Gpio).openInput({ ...order, changed, failed }));
        return null;
      }
      case 'output':
        lines.set(order.id, (gpio as Gpio).openOutput(order));
        return null;
      case 'read':
        return (lines.get(order.id) as InputLine).read();
      case 'set': {
        const line = lines.get(order.id) as OutputLine;
        line.set(order.active);
        return line.active;
      }
      case 'dispose':
        lines.get(order.id)?.[Symbol.dispose]();
        return null;
    }
  }

  return (order) => {
    try {
      return { ok: obey(order) ?? null };
    } catch (error) {
      const { retryable = false, hint } = error instanceof VigieError ? error : {};
      return { error: { code: codeOf(error), message: messageOf(error), retryable, hint } };
    }
  };
}

/** What an order returned, or the VigieError that it threw. */
export function resultOf(answer: LineAnswer): unknown {
  if ('ok' in answer) return answer.ok;
  if ('changed' in answer) throw new Error('a change is no answer');
  const { code, message, retryable, hint } = answer.error;
  throw new VigieError(code, message, { retryable, ...(hint !== undefined && { hint }) });
}
