import type { Audit } from '../audit/audit';
import type { TestEvents } from '../capture/test-event';
import type { Endpoints } from '../endpoints/endpoints';
import type { Events } from '../events/events';
import type { EventFeed } from '../feed/event-feed';
import type { Handlers } from '../handlers/handlers';
import type { Keys } from '../keys/keys';
import type { Notifications } from '../notifications/notifications';
import type { Rejections } from '../rejections/rejections';
import type { BulkReplays } from '../replay/bulk-replays';
import type { Replays } from '../replay/replays';
import type { RotationOptions, RotationResult } from '../rotation/master-key-rotation';
import type { Sessions } from '../sessions/sessions';
import type { Statistics } from '../stats/stats';
import type { Explanations } from '../verification/explanations';
import type { Assembly } from './assemble';

/**
 * Everything that the management API and the dashboard can do, for code of the app. Each operation acts for one owner,
 * a user in a mode, and sees no objects of others.
 */
export class PaggioAdmin {
  readonly endpoints: Endpoints;
  readonly events: Events;
  readonly replays: Replays;
  readonly bulkReplays: BulkReplays;
  readonly testEvents: TestEvents;
  readonly handlers: Handlers;
  readonly rejections: Rejections;
  readonly explanations: Explanations;
  readonly stats: Statistics;
  readonly feed: EventFeed;
  readonly notifications: Notifications;
  readonly audit: Audit;
  readonly keys: Keys;
  readonly sessions: Sessions;
  private readonly assembly: Assembly;

  constructor(assembly: Assembly) {
    const { capture, management } = assembly;
    this.assembly = assembly;
    this.endpoints = management.endpoints;
    this.events = management.events;
    this.replays = management.replays;
    this.bulkReplays = management.bulkReplays;
    this.testEvents = capture.testEvents;
    this.handlers = management.handlers;
    this.rejections = management.rejections;
    this.explanations = management.explanations;
    this.stats = management.stats;
    this.feed = management.feed;
    this.notifications = management.notifications;
    this.audit = management.audit;
    this.keys = management.keys;
    this.sessions = management.sessions;
  }

  /**
   * Encrypts every secret that is stored under one of `previousMasterKeys` again under `masterKey`, while all other work
   * goes on. `paggio rotate-master-key` does the same.
   * @throws PaggioError `CONFLICT` when a secret cannot be decrypted, or when another process still encrypts under an older
   *   key. Every secret that can be decrypted is encrypted again even then.
   */
  async rotateMasterKey(options: RotationOptions = {}): Promise<RotationResult> {
    const { context, database } = this.assembly;
    try {
      const result = await database.rotation.run(options);
      const { keyId, values, removable } = result;
      if (!options.dryRun) context.telemetry.emit({ type: 'master_key.rotated', keyId, values, removable });
      return result;
    } catch (error) {
      if (!options.signal?.aborted) context.reportFault('master_key', error);
      throw error;
    }
  }
}
