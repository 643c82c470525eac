import { didYouMean } from '@paggio/providers';
import { invalid } from '../errors';
import { toFault } from './fault';

/** Why a request to a webhook URL was answered with 429. */
export type CaptureRefusal = 'rate' | 'quota' | 'unknown_url';

/** A quota whose usage has just reached 80 %, or 99 % (`full`). */
export interface FilledQuota {
  /** `null` for the quota of all endpoints of a user. */
  endpointId: string | null;
  userId: string;
  bytes: number;
  quota: number;
  /** Whether it is the quota for unverified events. */
  unverified: boolean;
  full: boolean;
}

/** A report of something that happened, for logs, metrics and live feeds. */
export type TelemetryEvent =
  | {
      type: 'event.captured';
      eventId: string;
      endpointId: string;
      source: string;
      eventType: string | null;
      size: number;
      verified: boolean;
      duplicate: boolean;
    }
  | {
      type: 'event.rejected';
      rejectionId: string | null;
      endpointId: string;
      endpointName: string;
      provider: string;
      reason: string;
      /** Explains to people what would have made it valid. `null` if unknown, or not looked for in a flood. */
      explanation: string | null;
      size: number;
    }
  | AttemptFinished
  /** A handler threw, or did not end in time (`error` is undefined). The report of its attempt follows. */
  | { type: 'handler.failed'; handler: string; eventId: string; error: unknown }
  /** A delivery ended without success: a dead letter, which can be replayed. */
  | {
      type: 'delivery.failed';
      eventId: string;
      endpointId: string;
      destinationId: string;
      statusReason: string;
      reason: string;
    }
  /** Paggio paused a destination by itself, because it answered 410 or has failed continuously for too long. */
  | { type: 'destination.paused'; endpointId: string; destinationId: string; reason: string }
  /**
   * A destination is left alone for a while, because it failed many times in a row or asked for it (429 with
   * `Retry-After`). One delivery probes it then.
   */
  | { type: 'circuit.opened'; endpointId: string; destinationId: string; forMs: number }
  | { type: 'circuit.closed'; endpointId: string; destinationId: string }
  /** The address guard refused to connect: the address is not public, or the port is one of another service. */
  | { type: 'address.blocked'; host: string; port: number; reason: 'address' | 'port' }
  /** The clock of this process is more than a minute ahead of the database's, or behind it (negative). */
  | { type: 'clock.skewed'; skewMs: number }
  /** With these settings, such as `fsync = off`, the server may lose commits when its machine goes down. */
  | { type: 'durability.weak'; settings: readonly string[] }
  /**
   * Somebody tried to sign in to the dashboard with a key or a link that is not valid. Reported at most once a minute
   * for each address, and once a second in all.
   */
  | { type: 'session.refused'; by: 'key' | 'link'; reason: string; remoteAddr: string | null }
  /**
   * The role that Paggio connects as has rights that it does not need. With `SUPERUSER` a statement can run programs on
   * the database's machine; with either right, row security does not apply. Reported once at each start.
   */
  | { type: 'role.privileged'; role: string; rights: readonly ('SUPERUSER' | 'BYPASSRLS')[]; hint: string }
  /** Anybody can guess the current master key, such as 32 zeros, so the stored secrets are as good as unencrypted. */
  | { type: 'master_key.guessable' }
  /** Everything stored is encrypted under the current master key; the keys in `removable` are no longer needed. */
  | { type: 'master_key.rotated'; keyId: string; values: number; removable: readonly string[] }
  /**
   * Requests to webhook URLs that were answered 429 in the last seconds. `endpointId` is null for no endpoint, or for
   * many.
   */
  | { type: 'capture.refused'; endpointId: string | null; reason: CaptureRefusal; count: number }
  /** A storage quota has reached 80 percent, or 99 percent (`full`). From there on, new events may find no room. */
  | ({ type: 'storage.filling' } & FilledQuota)
  /** Without retention, the stored data has grown past a GiB, or has doubled since. Bytes on the disk. */
  | { type: 'storage.growing'; bytes: number }
  /**
   * Work of Paggio itself failed. The error holds no values of rows, parameters or requests, so it may be logged as it
   * is.
   */
  | { type: 'fault'; where: string; error: unknown };

export type TelemetryEventType = TelemetryEvent['type'];

/** Receives telemetry events: all of them, or those of one type. */
export type TelemetryListener<Type extends TelemetryEventType = TelemetryEventType> = (
  event: Extract<TelemetryEvent, { type: Type }>,
) => void;

const known: Readonly<Record<TelemetryEventType, true>> = {
  'address.blocked': true,
  'attempt.finished': true,
  'capture.refused': true,
  'circuit.closed': true,
  'circuit.opened': true,
  'clock.skewed': true,
  'delivery.failed': true,
  'destination.paused': true,
  'durability.weak': true,
  'event.captured': true,
  'event.rejected': true,
  fault: true,
  'handler.failed': true,
  'master_key.guessable': true,
  'master_key.rotated': true,
  'role.privileged': true,
  'session.refused': true,
  'storage.filling': true,
  'storage.growing': true,
};

function requireFunction(listener: unknown): void {
  if (typeof listener !== 'function') throw invalid([{ field: 'listener', message: 'listener must be a function.' }]);
}

/** Passes telemetry events to listeners. A listener that throws harms neither the reported work nor the host. */
export class Telemetry {
  private readonly listeners = new Set<TelemetryListener>();

  /**
   * @returns a function that ends the subscription
   * @throws PaggioError `VALIDATION_FAILED` when `listener` is not a function
   */
  subscribe(listener: TelemetryListener): () => void {
    requireFunction(listener);
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /**
   * Does the same as `subscribe` for events of one type.
   * @throws PaggioError `VALIDATION_FAILED` also for a type that does not exist
   */
  subscribeTo(type: TelemetryEventType, listener: TelemetryListener): () => void {
    if (typeof type !== 'string' || !Object.hasOwn(known, type)) {
      const meant = typeof type === 'string' ? didYouMean(type, Object.keys(known)) : '';
      throw invalid([{ field: 'type', message: `There is no telemetry event with this type.${meant}` }]);
    }
    requireFunction(listener);
    return this.subscribe((event) => {
      if (event.type === type) listener(event);
    });
  }

  get watched(): boolean {
    return this.listeners.size > 0;
  }

  emit(event: TelemetryEvent): void {
    const shown = event.type === 'fault' ? { ...event, error: toFault(event.error) } : event;
    for (const listener of this.listeners) {
      try {
        listener(shown);
      } catch {
        // The fault is the listener's own.
      }
    }
  }
}

export interface AttemptFinished {
  type: 'attempt.finished';
  eventId: string;
  destinationUrl: string;
  trigger: 'scheduled' | 'replay';
  number: number;
  status: 'delivered' | 'failed';
  responseStatus: number | null;
  latencyMs: number;
  error: string | null;
  /** Says when it is tried again, or why it is not. */
  next: string | null;
}
