import { PaggioError } from '../errors';
import type { Database } from './database';
import type { SecretBox } from './secret-box';

const PLACE = 'paggio|state|1|master_key_check';
const TEXT = 'paggio master key';

/**
 * The first start leaves a value sealed under the master key; later ones must be able to open it.
 * @throws PaggioError `CONFLICT` when the key is another one: every stored secret would be unreadable
 */
export async function checkMasterKey(database: Database, box: SecretBox): Promise<void> {
  await database.source.query('update paggio.state set master_key_check = $1 where master_key_check is null', [
    box.seal(TEXT, PLACE),
  ]);
  const [row] = await database.rows<{ sealed: string }>('select master_key_check as sealed from paggio.state');
  try {
    if (row && box.open(row.sealed, PLACE) === TEXT) return;
  } catch {
    // Answered below.
  }
  throw new PaggioError('CONFLICT', 'The master key is not the one that this database was set up with', {
    hint: 'Start with the first master key (PAGGIO_MASTER_KEY, or the file master-key in the data directory).',
  });
}
