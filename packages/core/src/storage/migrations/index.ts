import { Initial1763700000001 } from './0001-initial';
import { Delivery1763800000002 } from './0002-delivery';
import { Management1763900000003 } from './0003-management';
import { Handlers1764000000004 } from './0004-handlers';
import { Sessions1764100000005 } from './0005-sessions';
import { Scopes1764200000006 } from './0006-scopes';
import { EndpointMethods1764500000009 } from './0009-endpoint-methods';
import { StoredBytes1764600000010 } from './0010-stored-bytes';
import { SealedCredentials1764700000011 } from './0011-sealed-credentials';
import { MasterKeys1764800000012 } from './0012-master-keys';
import { SessionList1764900000013 } from './0013-session-list';
import { Failing1765000000014 } from './0014-failing';
import { DestinationTls1765100000015 } from './0015-destination-tls';
import { Teams1765200000016 } from './0016-teams';
import { FirstAttempts1765300000017 } from './0017-first-attempts';
import { EventKeys1765400000018 } from './0018-event-keys';
import { EventKinds1765500000019 } from './0019-event-kinds';

/**
 * All migrations, in order. A migration that has landed is never changed; new ones only add what the previous version
 * can ignore.
 */
export const migrations = [
  Initial1763700000001,
  Delivery1763800000002,
  Management1763900000003,
  Handlers1764000000004,
  Sessions1764100000005,
  Scopes1764200000006,
  EndpointMethods1764500000009,
  StoredBytes1764600000010,
  SealedCredentials1764700000011,
  MasterKeys1764800000012,
  SessionList1764900000013,
  Failing1765000000014,
  DestinationTls1765100000015,
  Teams1765200000016,
  FirstAttempts1765300000017,
  EventKeys1765400000018,
  EventKinds1765500000019,
];

/** Fails if the newest migration is missing. Change it with every new migration. */
export const SCHEMA_PROBE = 'select kinds from paggio.changes limit 0';
