import { isZone } from '@vigie/shared/kit/zone';
import { type Finding, mend, ok, unknown, word } from './finding.ts';

export type ClockCheckOptions = {
  /** The machine's clock, ms since 1970. */
  now: number;
  /** Before this no clock of a device can stand: this version's making, or what the agent has seen. */
  notBefore: number;
  /** Has it been set by a source of true time? Undefined where nobody can be asked. */
  synchronised: () => Promise<boolean | undefined>;
  zones: readonly string[];
};

const SET = 'sudo timedatectl set-ntp true && timedatectl status';

/** Is the machine's clock right, as far as it can be told, and are the zones known here? */
export async function checkClock({ now, notBefore, synchronised, zones }: ClockCheckOptions): Promise<Finding[]> {
  const [stands, floor] = [now, notBefore].map((at) => new Date(at).toISOString());
  const isSet = await synchronised();
  return [
    now < notBefore
      ? mend(
          'clock-in-the-past',
          `the clock stands at ${stands}, which is before ${floor}: pictures get wrong times`,
          SET,
        )
      : ok('clock-time', `the clock stands at ${stands}`),
    isSet === undefined
      ? unknown('clock-unsure', 'whether the clock is synchronised cannot be told here')
      : isSet
        ? ok('clock-synchronised', 'the clock is synchronised')
        : mend('clock-not-synchronised', 'the clock has not been set by a source of true time', SET),
    ...zones.map((zone) =>
      isZone(zone)
        ? ok('zone', `zone "${zone}" is known`)
        : mend(
            'zone-unknown',
            `zone "${zone}" is not known here`,
            `timedatectl list-timezones | grep -i ${word(zone)}`,
          ),
    ),
  ];
}
