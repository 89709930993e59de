import { PART } from '@vigie/shared/kit/own-part';

/**
 * The packed agent begins here: one executable is the program and every process that it starts of itself. A part is called by a hidden
 * first argument (`ownPart`), and loads no more than it needs.
 */
const PARTS: Record<string, () => Promise<(args: string[]) => unknown>> = {
  capture: async () => (await import('@vigie/hardware/camera/gphoto2-capture')).captureMain,
  picture: async () => (await import('./process/picture-child.ts')).pictureMain,
  ledger: async () => (await import('./doctor/ledger-child.ts')).ledgerMain,
  font: async () => (await import('./doctor/font-child.ts')).fontMain,
  'add-on': async () => (await import('./doctor/add-on-child.ts')).addOnMain,
};

async function begin([first, second = '', ...rest]: string[]): Promise<void> {
  if (first !== PART) {
    const { program } = await import('./main.ts');
    return program();
  }
  const part = Object.hasOwn(PARTS, second) ? PARTS[second] : undefined;
  if (part === undefined) {
    process.stderr.write(`vigie-agent ${PART} "${second}": ${Object.keys(PARTS).join(', ')} are its parts\n`);
    process.exitCode = 2;
    return;
  }
  await (await part())(rest);
}

begin(process.argv.slice(2)).catch((error: unknown) => {
  // As Node tells an error that nobody has caught: whoever started a part looks for the line with "Error" in it.
  process.stderr.write(`${(error as Error | undefined)?.stack ?? String(error)}\n`);
  process.exitCode = 1;
});
