import type { PowerFlag } from '@vigie/hardware/power/power-flags';
import { type Finding, mend, ok, unknown } from './finding.ts';

/** Does this machine get enough power? A Raspberry Pi tells; `flags` answers undefined on other machines. */
export async function checkPower(flags: () => Promise<readonly PowerFlag[] | undefined>): Promise<Finding[]> {
  const seen = await flags();
  if (seen === undefined)
    return [unknown('power-unseen', 'this machine does not tell of its supply: it is no Raspberry Pi')];
  const about = seen.join(', ');
  const look = 'then: vcgencmd get_throttled';
  if (seen.some((flag) => flag.startsWith('under-voltage'))) {
    return [
      mend(
        'under-voltage',
        `the supply is too weak: ${about}`,
        `Use the supply made for this board and a short cable; ${look}`,
      ),
    ];
  }
  if (seen.length > 0)
    return [mend('too-warm', `the board was slowed down: ${about}`, `Give the board shade and air; ${look}`)];
  return [ok('power', 'the supply was strong enough since the start')];
}
