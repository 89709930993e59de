import { execFileSync } from 'node:child_process';

/**
 * Puts folders into each other until the innermost path is longer than a system call takes: a folder that nobody can
 * list, root neither. `rm -rf` removes it, Node cannot.
 */
export function digTooDeep(root: string, name: string): void {
  const dig = 'chdir shift or die; for (1..17) { mkdir $ARGV[0] or die; chdir $ARGV[0] or die }';
  execFileSync('perl', ['-e', dig, root, name]);
}
