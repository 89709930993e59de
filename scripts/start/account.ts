import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { openAccounts } from '@vigie/hub/broker/accounts';
import { replaceFile } from '@vigie/shared/kit/durable';
import { readSecret } from '@vigie/shared/remote/destination-config';

/** Lets a device into the embedded broker: a random password in its file, and an account with the same one. */
export async function admitDevice(device: string, passwordFile: string, accountsFile: string): Promise<void> {
  if (!existsSync(passwordFile)) {
    await replaceFile(passwordFile, Buffer.from(`${randomBytes(24).toString('base64url')}\n`), 0o600);
  }
  const accounts = openAccounts(accountsFile);
  const password = readSecret(passwordFile);
  if (await accounts.verify(device, password)) return;
  await accounts.remove(device);
  await accounts.add({ name: device, role: 'device' }, password);
}
