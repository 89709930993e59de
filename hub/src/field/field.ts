import type { Clock } from '@vigie/shared/kit/clock';
import { messageOf } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import type { Door } from '../identity/door.ts';
import { keepBrokerCertificate } from './broker-certificate.ts';
import { type BrokerAccess, openBrokerControl } from './broker-control.ts';
import { createBrokerDoor, type Revoked } from './broker-door.ts';
import type { FieldConfig } from './field-config.ts';
import { createLandingDoor } from './landing-door.ts';
import { fieldPlaces } from './places.ts';
import { createRequests } from './requests.ts';

/** The ways by which devices come in from the field, as the hub's configuration names them. */
export type Field = AsyncDisposable & { doors: Door[] };

export type FieldOptions = {
  config: FieldConfig;
  /** The hub's own way to the broker; undefined where the broker is the embedded one: then it is no door of the field. */
  broker: BrokerAccess | undefined;
  authority: {
    signServer(names: string[]): Promise<{ key: string; certificate: string }>;
    revocations(revoked: Revoked[]): Promise<string>;
  };
  /** Every certificate that was revoked and has not expired since. */
  revoked: () => readonly Revoked[];
  /** The devices that may come in, as of now. */
  admitted: () => readonly string[];
  clock: Clock;
  random: () => number;
  log: Log;
};

export function openField(options: FieldOptions): Field {
  const { config, broker, authority, revoked, clock, log } = options;
  const opened = new AsyncDisposableStack();
  const at = fieldPlaces(config.folder);
  const requests = createRequests({ folder: at.requests, clock });
  const doors: Door[] = [];

  if (config.broker && broker) {
    const control = opened.use(openBrokerControl({ broker, clock, random: options.random, log }));
    const door = createBrokerDoor({
      control,
      requests,
      revokedFile: at.revoked,
      revoked,
      sign: authority.revocations,
      clock,
    });
    doors.push(door);
    // A broker that was killed may have forgotten who was shut out.
    control.onConnect(() => {
      door
        .hold(options.admitted)
        .catch((error: unknown) =>
          log.error({ error: messageOf(error) }, 'the broker may let in devices that it should not'),
        );
    });
    const stopping = new AbortController();
    const keeping = keepBrokerCertificate({
      ...{ file: at.brokerIdentity, sign: authority.signServer, requests, clock, log },
      signal: stopping.signal,
    });
    opened.defer(async () => {
      stopping.abort();
      await keeping;
    });
  }
  if (config.landing) doors.push(createLandingDoor({ keysFolder: at.keys, requests }));
  return { doors, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}
