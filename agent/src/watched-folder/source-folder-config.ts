import { watchedFolderConfig } from './folder-config.ts';

/**
 * The watched folder of a source. Its ledger has one asset at each place, which it mirrors to destinations: what would overwrite, or lie elsewhere, or be
 * another process's, is for endpoints alone.
 */
export const sourceFolderConfig = watchedFolderConfig
  .prefault({})
  .superRefine(({ overwriteDuplicates, shared, result }, context) => {
    const refuse = (key: string, allowed: string) =>
      context.addIssue({
        code: 'custom',
        path: [key],
        message: `a source's folder cannot have this; ${allowed} is allowed`,
      });
    if (overwriteDuplicates) refuse('overwriteDuplicates', 'false');
    if (shared) refuse('shared', 'false');
    if (result.startsWith('/')) refuse('result', 'a place below the folder');
  });
