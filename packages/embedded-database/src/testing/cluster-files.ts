import { constants, cpSync } from 'node:fs';
import { join } from 'node:path';
import { superuserPasswordFile } from '../product-role';
import { unprivileged } from '../unprivileged';

/**
 * Puts the files of a database that never ran into an empty directory. Copying them costs a fraction of what making them
 * does, which is left to the tests of a first start. A run on another PostgreSQL has no such files: there the next start
 * makes them.
 */
export function copyClusterFiles(directory: string): void {
  const from = process.env['PAGGIO_TEST_CLUSTER_FILES'];
  if (from === undefined) return;
  cpSync(from, directory, { recursive: true, mode: constants.COPYFILE_FICLONE });
  const user = unprivileged();
  user.enter(directory);
  user.own(join(directory, 'postgres'));
  user.own(superuserPasswordFile(directory));
}
