import { channels } from '../notifications/notification';
import {
  headersPlace,
  notificationPlace,
  secretPlace,
  tlsPlace,
  verificationPlace,
} from '../endpoints/endpoint-secrets';
import { eventPlace, rejectionPlace } from '../events/request-seal';

/** A column whose values a SecretBox has encrypted. */
export interface SealedColumn {
  /** The table in the schema `paggio`. */
  table: string;
  /** A column of type text. */
  column: string;
  /** The columns of the primary key, in order, with their types. */
  key: Readonly<Record<string, 'uuid' | 'text'>>;
  /** SQL for the id of the user that a row `t` belongs to. */
  owner: string;
  /** SQL for the other parts of the place of a value in a row `t`. For most columns this is the primary key. */
  placed: readonly string[];
  /** Makes the place that a value is bound to, from the owner's id and the values of `placed`. */
  place: (userId: string, ...placed: string[]) => string;
  /** Whether statements copy encrypted values as they are from one row to another. */
  copied: boolean;
}

const DESTINATION_OWNER = '(select e.user_id from paggio.endpoints e where e.id = t.endpoint_id)';

/**
 * Every column with encrypted values. A new column needs one line here. The rotation of the master key reads this list,
 * and a test searches a full database for encrypted values that are not in it. The checks of the master keys themselves
 * are in `checkColumns`.
 */
export const sealedColumns: readonly SealedColumn[] = [
  sealed('endpoints', 'secret', secretPlace),
  sealed('endpoints', 'previous_secret', secretPlace),
  sealed('endpoints', 'headers', headersPlace),
  sealed('endpoints', 'verification', verificationPlace),
  sealed('destinations', 'headers', headersPlace, { owner: DESTINATION_OWNER }),
  sealed('destinations', 'tls', tlsPlace, { owner: DESTINATION_OWNER }),
  ...channels.map((channel) =>
    sealed('notifications', channel, (_owner, userId, mode) => notificationPlace(userId, mode, channel), {
      key: { user_id: 'text', mode: 'text' },
    }),
  ),
  // A copy of an event has the same encrypted value as its original, and is decrypted with the original's place.
  sealed('events', 'sealed', eventPlace, { placed: ['coalesce(t.origin_id, t.id)'], copied: true }),
  sealed('rejections', 'sealed', rejectionPlace),
];

/** Most tables have a uuid `id` as their primary key, and the owner in `user_id`. */
function sealed(
  table: string,
  column: string,
  place: SealedColumn['place'],
  other: Partial<Pick<SealedColumn, 'key' | 'owner' | 'placed' | 'copied'>> = {},
): SealedColumn {
  const { key = { id: 'uuid' }, owner = 't.user_id', copied = false } = other;
  const placed = other.placed ?? Object.keys(key).map((name) => `t.${name}`);
  return { table, column, place, key, owner, placed, copied };
}
