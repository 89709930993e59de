import type { Clock } from '@vigie/shared/kit/clock';
import type { Log } from '@vigie/shared/kit/log';
import type { DeviceAddress } from '@vigie/shared/protocol/topics';

/**
 * Tells devices, some time after the fact, up to which event everything is committed here. Acknowledgements are cumulative, so
 * that many events need one.
 */
export type Acknowledger = Disposable & { due(address: DeviceAddress, generation: string, seq: number): void };

const GATHER_MS = 150;

export function createAcknowledger(
  publish: (address: DeviceAddress, ack: { generation: string; seq: number }) => Promise<void>,
  clock: Clock,
  log: Log,
): Acknowledger {
  const waiting = new Map<string, { address: DeviceAddress; generation: string; seq: number }>();
  const over = new AbortController();
  let gathering = false;

  async function flush(): Promise<void> {
    gathering = true;
    await clock.sleep(GATHER_MS, over.signal);
    gathering = false;
    if (over.signal.aborted) return;
    const batch = [...waiting.values()];
    waiting.clear();
    for (const { address, generation, seq } of batch) {
      try {
        await publish(address, { generation, seq });
      } catch (error) {
        // The device sends its events again after a while, and each of them asks for an acknowledgement.
        log.debug({ device: address.device, error: String(error) }, 'an acknowledgement did not go out');
      }
    }
  }

  return {
    due(address, generation, seq) {
      waiting.set(`${address.site}/${address.device}`, { address, generation, seq });
      if (!gathering) void flush();
    },
    [Symbol.dispose]: () => over.abort(),
  };
}
