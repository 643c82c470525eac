import type { StoredVerification } from '../endpoints/endpoint';
import type { Mode } from '../principal';
import type { Database } from '../storage/database';
import { openVerification } from '../endpoints/endpoint-secrets';
import type { SecretBox } from '../secrets/secret-box';

/** A failed signature is compared with the secrets of at most this many of a user's newest endpoints. */
const ENDPOINTS = 100;

export interface EndpointVerification {
  id: string;
  name: string;
  mode: Mode;
  config: StoredVerification;
}

/** Reads the verifications of all endpoints of a user. */
export class VerificationStore {
  constructor(
    private readonly database: Database,
    private readonly box: SecretBox,
  ) {}

  /** Reads the verifications of both modes. One that cannot be decrypted is left out. */
  async ofUser(userId: string): Promise<EndpointVerification[]> {
    const rows = await this.database.rows<{ id: string; name: string; mode: Mode; verification: string }>(
      `select id, name, mode, verification from paggio.endpoints
       where user_id = $1 and verification is not null and deleted_at is null order by id desc limit ${ENDPOINTS}`,
      [userId],
    );
    return rows.flatMap(({ verification, ...row }) => {
      try {
        return [{ ...row, config: openVerification(this.box, verification, userId, row.id) }];
      } catch {
        return [];
      }
    });
  }
}
