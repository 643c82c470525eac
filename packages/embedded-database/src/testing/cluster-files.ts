import { constants, cpSync } from 'node:fs';
import { join } from 'node:path';
import { superuserPasswordFile } from '../product-role';
import { unprivileged } from '../unprivileged';

/**
 * Copies the files of an unused database into an empty directory. Copying costs a fraction of creating them; only the
 * tests of a first start create them. A run on an external PostgreSQL has no such files: there the next start creates
 * them.
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
