import { systemClock } from '@vigie/shared/kit/clock';
import { identifier } from '@vigie/shared/protocol/asset';
import { draftOf } from '../certificate/claims.ts';
import { isDay } from '../certificate/day.ts';
import { sealed } from '../certificate/issue.ts';
import { pemOf, readKey } from '../certificate/key.ts';
import { readDay } from '../certificate/read-day.ts';
import { openOutput } from '../check/output.ts';
import { readHubConfig } from '../config.ts';
import { reportFilter } from '../report/filter.ts';
import { createCertifiedDays } from '../store/certified-days.ts';
import { createDevices } from '../store/devices.ts';
import { createInventories, type SourceName } from '../store/inventories.ts';
import { openStoreToRead } from '../store/store.ts';
import { EXIT, parseCommand, UsageError } from './usage.ts';

const HELP = `Usage: vigie-hub certificate --config FILE SITE/DEVICE/SOURCE DAY [--output FILE]
       vigie-hub certificate --config FILE --public-key [--output FILE]

Makes the completeness certificate of what a source took on one day (YYYYMMDD, in the
source's zone): path, size, SHA-256 and time of each asset, which destinations were found
to hold it, and the hub's signature. The hub may run meanwhile; its database is only read.

A day is certified when it is over and the device has confirmed the hub's inventory since.

  -c, --config FILE    the hub's configuration
  -o, --output FILE    write it to a file instead of standard output
      --public-key     write the key that certificates are checked with, as PEM

vigie-hub verify checks a certificate.
Exit codes: 0 done, 2 wrong use, 3 failed.
`;

/** `vigie-hub certificate`: makes one from the hub's database. */
export async function certificate(args: string[]): Promise<number> {
  const { values, positionals } = parseCommand('certificate', {
    args,
    allowPositionals: true,
    options: {
      config: { type: 'string', short: 'c' },
      output: { type: 'string', short: 'o' },
      'public-key': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return EXIT.done;
  }
  if (values.config === undefined) throw new UsageError('certificate: --config FILE must be given');
  if (positionals.length !== (values['public-key'] ? 0 : 2)) {
    throw new UsageError(
      `certificate: ${positionals.length} names were given: SITE/DEVICE/SOURCE and DAY are needed, or --public-key alone`,
    );
  }
  const { dataFolder } = readHubConfig(values.config);
  const output = openOutput(values.output);
  if (values['public-key']) {
    await output.write([Buffer.from(pemOf(readKey(dataFolder).publicKey))]);
    return EXIT.done;
  }

  const name = sourceOf(positionals[0] as string);
  const day = dayOf(positionals[1] as string);
  using store = openStoreToRead(dataFolder);
  const books = {
    days: createCertifiedDays(store),
    devices: createDevices(store, systemClock),
    inventories: createInventories(store, systemClock),
    covers: (filter: string) => reportFilter(JSON.parse(filter)),
  };
  const now = systemClock.now();
  const facts = readDay(books, name, day, now);
  const key = readKey(dataFolder);
  await output.write([sealed(draftOf(facts, { at: now, publicKey: key.publicKey }), key)]);
  return EXIT.done;
}

function sourceOf(text: string): SourceName {
  const parts = text.split('/');
  const [site, device, source] = parts;
  if (parts.length === 3 && parts.every((part) => identifier.safeParse(part).success)) {
    return { site, device, source } as SourceName;
  }
  throw new UsageError(`certificate: source ${JSON.stringify(text)}: SITE/DEVICE/SOURCE is allowed`);
}

function dayOf(text: string): string {
  if (isDay(text)) return text;
  throw new UsageError(`certificate: day ${JSON.stringify(text)}: a day of the calendar as YYYYMMDD is allowed`);
}
