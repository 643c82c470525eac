import { createHash } from 'node:crypto';
import { PaggioError } from '../errors';
import type { DestinationRow } from '../storage/entities/destination';
import type { EndpointRow } from '../storage/entities/endpoint';

/**
 * A condition for a change, given as revisions that the client has read (RFC 9110, section 13.1). If the condition does
 * not hold, the change is refused with `PRECONDITION_FAILED` and nothing changes.
 */
export interface Precondition {
  /** The object must have one of these revisions. `*` means that it must exist. */
  ifMatch?: readonly string[] | '*';
  /** The object must have none of these revisions. `*` means that it must not exist. */
  ifNoneMatch?: readonly string[] | '*';
}

/** @throws PaggioError `PRECONDITION_FAILED` */
export function checkPrecondition({ ifMatch, ifNoneMatch }: Precondition, revision: string): void {
  if (ifMatch !== undefined && !includes(ifMatch, revision)) {
    throw new PaggioError('PRECONDITION_FAILED', 'The object has changed since it was read', {
      hint: 'Read it again, make the change on top of what it is now, and send the new ETag in If-Match.',
    });
  }
  if (ifNoneMatch !== undefined && includes(ifNoneMatch, revision)) {
    throw new PaggioError('PRECONDITION_FAILED', 'The object exists in a state that If-None-Match excludes', {
      hint: 'To change what was read, send its ETag in If-Match.',
    });
  }
}

function includes(revisions: readonly string[] | '*', revision: string): boolean {
  return revisions === '*' || revisions.includes(revision);
}

/**
 * The revision of an endpoint: a hash of its settings and those of its destinations. Every process computes the same
 * one from the same rows. Health, circuits and secrets that expire do not count, because they change by themselves. A
 * pause counts, whether a person or Paggio made it. Secrets count in their encrypted form, so a rotation of the master
 * key changes the revision once.
 */
export function endpointRevision(endpoint: EndpointRow, destinations: readonly DestinationRow[]): string {
  // Paggio clears an expired secret by itself.
  const { previousSecret: _, previousSecretExpiresAt: __, ...settings } = endpoint;
  return revisionOf(settings, ...destinations.map(destinationSettings));
}

/**
 * The revision of one destination: a hash of its settings, including the timeout that it inherits from its endpoint.
 */
export function destinationRevision(endpoint: Pick<EndpointRow, 'timeoutSeconds'>, row: DestinationRow): string {
  return revisionOf({ ...destinationSettings(row), timeoutSeconds: row.timeoutSeconds ?? endpoint.timeoutSeconds });
}

/** The settings of a destination, without the columns that deliveries change. */
function destinationSettings(row: DestinationRow): object {
  const { id, name, url, handler, eventTypes, headers, tls, timeoutSeconds, retry, concurrency } = row;
  const { status, pausedAt, pauseReason, createdAt } = row;
  const settings = { id, name, url, handler, eventTypes, headers, tls, timeoutSeconds, retry, concurrency };
  return { ...settings, status, pausedAt, pauseReason, createdAt };
}

/** Returns 22 characters of base64url. The order of members does not matter. */
export function revisionOf(...objects: readonly object[]): string {
  const ordered = objects.map((object) => Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
  return createHash('sha256').update(JSON.stringify(ordered)).digest('base64url').slice(0, 22);
}
