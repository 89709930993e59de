/** Uploads pictures as the agent delivers them, some at once and each with its own receipt, for every order that its parent sends. */
import { messageOf } from '@vigie/shared/kit/errors';
import type { Upload } from '@vigie/shared/remote/remote-folder';
import { openSftp } from '@vigie/shared/remote/sftp';

export type UploadOrder = {
  server: { host: string; port: number; user: string; identityFile: string; knownHosts: string };
  pictures: { localPath: string; name: string; sha256: string }[];
  /** An absolute folder at the destination, which is there. */
  into: string;
  /** Bytes of each picture. */
  size: number;
};

const CONNECTIONS = 2;

async function upload({ server, pictures, into, size }: UploadOrder): Promise<void> {
  await using remote = openSftp(
    { name: 'bench', type: 'sftp', ...server, root: into, folder: '.', connections: CONNECTIONS, serverDigest: 'auto' },
    '.',
    { stallMs: 30_000 },
  );
  const waiting = [...pictures];
  const deliver = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { localPath, name, sha256 } = next;
      const order: Upload = {
        localPath,
        path: name,
        size,
        sha256,
        modifiedAt: 1_700_000_000_000,
        replace: false,
        proof: 'size',
      };
      const receipt = await remote.store(order);
      if (!receipt.sent || receipt.size !== size) throw new Error(`store "${name}": it was not sent`);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, deliver));
}

process.on('message', (order: UploadOrder) => {
  upload(order).then(
    () => process.send?.(null),
    (error: unknown) => process.send?.(messageOf(error)),
  );
});
