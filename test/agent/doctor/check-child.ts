import { checkFolder } from '@vigie/agent/doctor/disk-check';
import { checkUsb } from '@vigie/agent/doctor/usb-check';

/** One check in a process of its own, from which a right or a system call was taken: `usb|disk OPTIONS`, findings as JSON. */
const [what, options = '{}'] = process.argv.slice(2);
const check: (given: never) => Promise<unknown> = what === 'usb' ? checkUsb : checkFolder;
process.stdout.write(JSON.stringify(await check(JSON.parse(options) as never)));
