import type { Receipt } from '@vigie/shared/remote/remote-folder';

/** What a destination that can do everything answers. */
export const receiptOf = (level: Receipt['level'], size = 100): Receipt => ({
  level,
  size,
  sha256: null,
  sent: true,
  capabilities: { fsync: true, atomicReplace: true, freeSpace: true },
});
