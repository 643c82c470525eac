import { Capture } from '../capture/capture';
import { CaptureLimits } from '../capture/capture-limits';
import { PostgresIntake } from '../capture/event-intake';
import { EventWriter } from '../capture/event-writer';
import { Handshakes } from '../capture/handshakes';
import { RefusalTally } from '../capture/refusal-tally';
import { SignedIngest } from '../capture/signed-ingest';
import { TestEvents } from '../capture/test-event';
import { EventKinds } from '../events/event-kinds';
import { afterCommit } from '../flow/after-commit';
import { PublishStore } from '../publish/publish-store';
import { Publishing } from '../publish/publishing';
import { RejectionThrottle } from '../rejections/rejection';
import type { Context } from './context';
import type { DatabasePart } from './database-part';
import type { DeliveryPart } from './delivery-part';
import type { ManagementPart } from './management-part';
import type { TransportPart } from './transport-part';

/** How events come in: webhooks, signed ingest, test events, and what the app publishes. */
export interface CapturePart {
  readonly capture: Capture;
  readonly ingest: SignedIngest;
  readonly testEvents: TestEvents;
  readonly publishing: Publishing;
  readonly intake: PostgresIntake;
  readonly limits: CaptureLimits;
  readonly throttle: RejectionThrottle;
  readonly refusals: RefusalTally;
}

export function assembleCapture(
  context: Context,
  { transport }: TransportPart,
  { database, hints, index, seal, gate, directory, quota }: DatabasePart,
  { routing, worker, wake }: DeliveryPart,
  { endpoints, explanations, audit, rejectionLog }: ManagementPart,
): CapturePart {
  const { options, timing, telemetry, address } = context;
  const { bodyLimit, dedupWindowMs } = options;
  const stored = (version: number): void => {
    directory.observe(version);
    index.noteChanges();
  };
  const kinds = new EventKinds(database);
  // A database is restored while nobody is connected to it.
  database.capture.on('connect', () => kinds.forget());
  const intake = new PostgresIntake(database.capture, stored, dedupWindowMs, kinds, timing);
  const writer = new EventWriter({
    routing,
    intake,
    quota,
    handoff: options.roles.has('deliver') ? worker : null,
    announce: () => hints.announce('work'),
    seal,
    gate,
    telemetry,
  });
  const limits = new CaptureLimits({ endpoint: options.captureRateLimit, user: options.captureRateLimitPerUser });
  const refusals = new RefusalTally(telemetry);
  const throttle = new RejectionThrottle();
  return {
    capture: new Capture({
      directory,
      limits,
      quota,
      refusals,
      writer,
      rejections: rejectionLog,
      throttle,
      handshakes: new Handshakes({
        transport,
        keepSecret: (endpoint, secret) => endpoints.keepVerificationSecret(endpoint, endpoint.id, secret),
      }),
      bodyLimit,
      explain: (endpoint, request) => explanations.explain(endpoint, request),
      telemetry,
      timing,
    }),
    ingest: new SignedIngest({ directory, writer, quota }),
    testEvents: new TestEvents({ directory, writer, audit, bodyLimit, address }),
    publishing: new Publishing({
      store: new PublishStore(database),
      directory,
      routing,
      quota,
      telemetry,
      address,
      wake,
      wakeSoon: afterCommit(wake),
    }),
    intake,
    limits,
    refusals,
    throttle,
  };
}
