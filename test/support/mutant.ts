import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** One change of one module's text. */
export type Mutant = { module: string; from: string; to: string };

/** The environment in which one of our programs runs as this mutant. */
export function mutantEnvironment(mutant: Mutant): Record<string, string> {
  return {
    NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, 'mutate.mjs')).href}`,
    VIGIE_MUTANT: JSON.stringify(mutant),
  };
}

/** Says that a delivery is proved before it is made. */
export const EARLY_RECEIPT: Mutant = {
  module: '/agent/src/deliver/deliverer.ts',
  from: 'const receipt = await remote.store(',
  to: `deliveries.verified(claimed, destination, { level: 'size', size: claimed.size, sha256: null, sent: true });
      const receipt = await remote.store(`,
};

/** Writes without flushing: everything works until the power fails. */
export const NO_FSYNC: Mutant = { module: '/shared/src/kit/durable.ts', from: 'await file.sync();', to: '' };
