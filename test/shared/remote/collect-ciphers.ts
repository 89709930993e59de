/** Makes and drops native ciphers until the idle process has collected some, and prints how many: `node collect-ciphers.ts ADD-ON`. */
import { createRequire } from 'node:module';

type AddOn = { AESGCMCipher: new (name: string, key: Buffer, iv: Buffer) => object };
const { AESGCMCipher } = createRequire(import.meta.url)(process.argv[2] as string) as AddOn;

const ROUND_MS = 10;
const ROUNDS_MAX = 1000;
const ENOUGH = 200;

let collected = 0;
const registry = new FinalizationRegistry(() => {
  collected++;
});
let kept: object[] = [];
for (let round = 0; round < ROUNDS_MAX && collected < ENOUGH; round++) {
  for (let n = 0; n < 20; n++) {
    const cipher = new AESGCMCipher('aes-128-gcm', Buffer.alloc(16), Buffer.alloc(12));
    registry.register(cipher, n);
    kept.push(cipher);
  }
  // Memory outside of the heap makes the collector begin; the pause lets it end where no script runs.
  kept.push(Buffer.allocUnsafe(300_000));
  if (kept.length > 400) kept = [];
  await new Promise((resolve) => setTimeout(resolve, ROUND_MS));
}
process.stdout.write(`${collected}`);
