import { WorkerIdentity } from '../delivery/worker-identity';
import { EndpointDirectory } from '../endpoints/endpoint-directory';
import { PostgresEndpointLoader } from '../endpoints/endpoint-loader';
import { EndpointStore } from '../endpoints/endpoint-store';
import { ChangeLog } from '../events/change-log';
import { Dictionary } from '../events/dictionary';
import { EventIndex } from '../events/event-index';
import { RequestSeal } from '../events/request-seal';
import { oncePerMinute } from '../flow/once-per-minute';
import { HandlerStore } from '../handlers/handler-store';
import { countAlerts } from '../notifications/notification-store';
import { MasterKeyRotation } from '../rotation/master-key-rotation';
import { MasterKeyRegister } from '../secrets/master-key-register';
import { SealGate } from '../secrets/seal-gate';
import { SecretBox } from '../secrets/secret-box';
import { Database } from '../storage/database';
import { ProcessHints } from '../storage/process-hints';
import { StorageQuota, type Quotas } from '../usage/storage-quota';
import { UsageStore } from '../usage/usage-store';
import type { Context } from './context';
import type { TransportPart } from './transport-part';

/** The database, the master keys, and what several other parts read from them. */
export interface DatabasePart {
  readonly database: Database;
  readonly hints: ProcessHints;
  readonly identity: WorkerIdentity;

  readonly box: SecretBox;
  readonly seal: RequestSeal;
  readonly gate: SealGate;
  readonly register: MasterKeyRegister;
  readonly rotation: MasterKeyRotation;
  /** Reports a secret that this process cannot decrypt, at most once a minute for each message. */
  readonly reportUnreadable: (error: Error) => void;

  readonly endpointStore: EndpointStore;
  readonly handlerStore: HandlerStore;
  readonly loader: PostgresEndpointLoader;
  readonly directory: EndpointDirectory;

  readonly log: ChangeLog;
  readonly dictionary: Dictionary;
  readonly index: EventIndex;

  readonly quotas: Quotas;
  readonly quota: StorageQuota;
  readonly usage: UsageStore;
}

/** Connects nothing: `Database.open` does. */
export function assembleDatabase(context: Context, { publishedKeys }: TransportPart): DatabasePart {
  const { options, timing, reportFault } = context;
  const identity = new WorkerIdentity();
  const leaseSession = options.roles.has('deliver') ? identity.livingSession : undefined;
  const database = new Database({ ...options, leaseSession }, timing);
  const reportUnreadable = oncePerMinute((error) => reportFault('secrets', error));
  const box = new SecretBox(options.masterKey, options.previousMasterKeys, reportUnreadable);
  const loader = new PostgresEndpointLoader(database, box, publishedKeys, reportUnreadable, timing.timeoutSecondMs);
  const log = new ChangeLog(database);
  const dictionary = new Dictionary();
  const usage = new UsageStore(database);
  const quotas: Quotas = {
    perEndpoint: options.storageQuotaPerEndpoint,
    perUser: options.storageQuotaPerUser,
    unverified: options.storageQuotaUnverified,
  };
  return {
    database,
    hints: new ProcessHints(database, timing.reconnectMs),
    identity,
    box,
    seal: new RequestSeal(box),
    gate: new SealGate(database, timing.workerGroupMs),
    register: new MasterKeyRegister(database, box, timing.attendMs),
    rotation: new MasterKeyRotation(database, box, timing.attendMs),
    reportUnreadable,
    endpointStore: new EndpointStore(database),
    handlerStore: new HandlerStore(database, timing.workerGroupMs),
    loader,
    directory: new EndpointDirectory(loader),
    log,
    dictionary,
    index: new EventIndex(database, log, dictionary, countAlerts),
    quotas,
    quota: new StorageQuota(quotas, usage),
    usage,
  };
}
