import { Audit } from '../audit/audit';
import { AuditStore } from '../audit/audit-store';
import { Endpoints } from '../endpoints/endpoints';
import { EventStore } from '../events/event-store';
import { Events } from '../events/events';
import { EventFeed } from '../feed/event-feed';
import { Handlers } from '../handlers/handlers';
import { Authority } from '../keys/authority';
import { KeyStore } from '../keys/key-store';
import { Keys } from '../keys/keys';
import { ChannelSender } from '../notifications/channel-sender';
import { NotificationStore } from '../notifications/notification-store';
import { Notifications } from '../notifications/notifications';
import { Notifier } from '../notifications/notifier';
import { PostgresRejectionLog } from '../rejections/rejection-store';
import { Rejections } from '../rejections/rejections';
import { BulkReplayRunner } from '../replay/bulk-replay-runner';
import { BulkReplayStore } from '../replay/bulk-replay-store';
import { BulkReplays } from '../replay/bulk-replays';
import { ReplayStore } from '../replay/replay-store';
import { Replays } from '../replay/replays';
import { RefusedSignIns } from '../sessions/refused-sign-ins';
import { SessionStore } from '../sessions/session-store';
import { Sessions } from '../sessions/sessions';
import { StatStore } from '../stats/stat-store';
import { Statistics } from '../stats/stats';
import { Explanations } from '../verification/explanations';
import { VerificationStore } from '../verification/verification-store';
import type { Context } from './context';
import type { DatabasePart } from './database-part';
import type { DeliveryPart } from './delivery-part';
import type { TransportPart } from './transport-part';

/** What people and the API read and change. */
export interface ManagementPart {
  readonly audit: Audit;
  readonly authority: Authority;
  readonly keys: Keys;
  readonly keyStore: KeyStore;
  readonly sessions: Sessions;
  readonly sessionStore: SessionStore;
  readonly endpoints: Endpoints;
  readonly handlers: Handlers;
  readonly events: Events;
  readonly feed: EventFeed;
  readonly stats: Statistics;
  readonly rejections: Rejections;
  readonly rejectionLog: PostgresRejectionLog;
  readonly explanations: Explanations;
  readonly replays: Replays;
  readonly bulkReplays: BulkReplays;
  readonly replayRunner: BulkReplayRunner;
  readonly notifications: Notifications;
  readonly notifier: Notifier;
}

export function assembleManagement(
  context: Context,
  transportPart: TransportPart,
  databasePart: DatabasePart,
  deliveryPart: DeliveryPart,
): ManagementPart {
  const { options, timing, telemetry, address, reportFault } = context;
  const { guard, transport } = transportPart;
  const { database, box, seal, hints, directory, endpointStore, handlerStore, log, dictionary, index } = databasePart;
  const { routing, worker, hops, wake, configurationChanged: changed } = deliveryPart;

  const audit = new Audit(new AuditStore(database), (error) => reportFault('audit', error));
  const authority = new Authority(audit);
  const keyStore = new KeyStore(database);
  const keys = new Keys(keyStore, authority, changed, timing.keyCachedMs);
  const sessionStore = new SessionStore(database);
  const refusedSignIns = new RefusedSignIns(keys, audit, (event) => telemetry.emit(event));

  const { bodyLimit, dedupWindowMs } = options;
  const events = new Events(new EventStore(database, index, dictionary, seal), directory);
  const rejectionLog = new PostgresRejectionLog(database, seal);
  const rejections = new Rejections(rejectionLog, directory);
  const verifications = new VerificationStore(database, box);

  const bulkReplays = new BulkReplays({
    store: new BulkReplayStore(database),
    endpoints: endpointStore,
    directory,
    routing,
    created: options.roles.has('deliver') ? () => replayRunner.kick() : () => hints.announce('replay'),
  });
  const replayRunner: BulkReplayRunner = new BulkReplayRunner({
    replays: bulkReplays,
    wake: () => worker.wake(),
    onFault: (error) => reportFault('replays', error),
  });

  const notificationStore = new NotificationStore(database, box, endpointStore);
  const sender = new ChannelSender(transport);

  return {
    audit,
    authority,
    keys,
    keyStore,
    sessions: new Sessions(sessionStore, refusedSignIns),
    sessionStore,
    endpoints: new Endpoints({ store: endpointStore, box, guard, address, authority, dedupWindowMs, changed }),
    handlers: new Handlers({ store: handlerStore, destinations: endpointStore, changed }),
    events,
    feed: new EventFeed({ log, events, telemetry, timing }),
    stats: new Statistics(new StatStore(database), index, endpointStore),
    rejections,
    rejectionLog,
    explanations: new Explanations({ events, rejections, directory, store: verifications, bodyLimit }),
    replays: new Replays({
      events,
      directory,
      routing,
      store: new ReplayStore(database),
      transport,
      hops,
      guard,
      address,
      authority,
      telemetry,
      stagingHost: options.stagingHost,
      localUrl: options.localUrl,
      wake,
    }),
    bulkReplays,
    replayRunner,
    notifications: new Notifications({ store: notificationStore, guard, address, sender, audit }),
    notifier: new Notifier({
      store: notificationStore,
      sender,
      onFault: (error) => reportFault('notifications', error),
    }),
  };
}
