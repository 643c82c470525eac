import { printable, type TelemetryEvent } from '@paggio/core';
import type { Logger } from 'pino';
import { plainLine } from './logger';

/**
 * Formats one line per received event and per delivery attempt, for people at a terminal. Null if there is nothing to
 * print.
 */
export function prettyLine(event: TelemetryEvent, now: Date): string | null {
  const time = now.toTimeString().slice(0, 8);
  switch (event.type) {
    case 'event.captured': {
      const signature = event.verified ? 'signature ok' : '';
      const note = event.duplicate ? 'duplicate' : '';
      return row(
        time,
        '->',
        pad(event.source, 7),
        pad(event.eventType ?? '-', 26),
        pad(size(event.size), 7),
        pad(signature, 16),
        event.eventId,
        note,
      );
    }
    case 'event.rejected':
      return row(
        time,
        '->',
        pad(event.provider, 7),
        pad(`endpoint "${event.endpointName}"`, 26),
        pad(size(event.size), 7),
        pad('signature FAILED', 16),
        event.rejectionId ?? '-',
        event.explanation ?? event.reason,
      );
    case 'attempt.finished': {
      const answer = String(event.responseStatus ?? event.error?.split(':')[0] ?? 'failed');
      return row(
        time,
        '<-',
        pad(answer, 7),
        pad(withoutQuery(event.destinationUrl), 34),
        pad(`${event.latencyMs} ms`, 16),
        event.eventId,
        event.status === 'failed' ? (event.next ?? '') : '',
      );
    }
    case 'handler.failed':
      // The line of the attempt says the same. The stack is only in the JSON log.
      return null;
    case 'destination.paused':
      return row(time, '!!', pad('paused', 7), pad(`destination ${event.destinationId}`, 52), event.reason);
    case 'circuit.opened':
      return row(
        time,
        '!!',
        pad('open', 7),
        pad(`destination ${event.destinationId}`, 52),
        `circuit breaker opened: the destination fails or asked to wait; next attempt in ${Math.round(event.forMs / 1000)} s`,
      );
    case 'circuit.closed':
      return row(
        time,
        'ok',
        pad('closed', 7),
        pad(`destination ${event.destinationId}`, 52),
        'circuit breaker closed: the destination works again',
      );
    case 'address.blocked':
      return row(time, '!!', pad('blocked', 7), pad(`${event.host}:${event.port}`, 52), refusals[event.reason]);
    case 'clock.skewed':
      return row(
        time,
        '!!',
        pad('clock', 7),
        `this machine's clock differs from the database's by ${Math.round(event.skewMs / 1000)} s: signatures may be rejected`,
      );
    case 'durability.weak':
      return row(
        time,
        '!!',
        pad('disk', 7),
        `PostgreSQL has ${event.settings.join(' and ')}: acknowledged events may be lost if its machine crashes`,
      );
    case 'session.refused':
      return row(
        time,
        '!!',
        pad('sign-in', 7),
        pad(`refused from ${event.remoteAddr ?? 'an unknown address'}`, 52),
        event.reason.replaceAll('_', ' '),
      );
    case 'role.privileged':
      return row(
        time,
        '!!',
        pad('role', 7),
        `the database role ${event.role} has ${event.rights.join(' and ')}. ${event.hint}`,
      );
    case 'master_key.guessable':
      return row(
        time,
        '!!',
        pad('key', 7),
        'the master key is easy to guess: create a new one with openssl rand -base64 32',
      );
    case 'master_key.rotated':
      return row(
        time,
        'ok',
        pad('key', 7),
        `${event.values} secrets are encrypted with the new master key; the previous key is no longer needed`,
      );
    case 'capture.refused':
      return row(
        time,
        '!!',
        pad('refused', 7),
        pad(event.endpointId === null ? 'unknown URLs' : `endpoint ${event.endpointId}`, 52),
        `${event.count} requests were rejected with 429 (${captureRefusals[event.reason]})`,
      );
    case 'storage.filling':
      return row(
        time,
        '!!',
        pad('storage', 7),
        pad(event.endpointId === null ? `user ${event.userId}` : `endpoint ${event.endpointId}`, 52),
        `${size(event.bytes)} of ${size(event.quota)}${event.unverified ? ' for unverified events' : ''} used${
          event.full ? ': new events are rejected with 429' : ''
        }`,
      );
    case 'storage.growing':
      return row(
        time,
        '!!',
        pad('storage', 7),
        `${size(event.bytes)} stored, and events are kept forever: set PAGGIO_RETENTION, for example to 30d`,
      );
    // The line of the last attempt says the same.
    case 'delivery.failed':
      return null;
    case 'fault':
      // A fault needs several lines: `Output` prints it with its stack.
      return null;
  }
}

const refusals = {
  address: 'deliveries to this address are not allowed',
  port: 'deliveries to this port are not allowed',
} as const;

const warnings: ReadonlySet<string> = new Set([
  'event.rejected',
  'delivery.failed',
  'destination.paused',
  'circuit.opened',
  'address.blocked',
  'clock.skewed',
  'durability.weak',
  'session.refused',
  'role.privileged',
  'master_key.guessable',
  'capture.refused',
  'storage.filling',
  'storage.growing',
]);

const captureRefusals = {
  rate: 'rate limit exceeded',
  quota: 'storage quota exceeded',
  unknown_url: 'too many unknown URLs from one address',
} as const;

/** Hides the query of a URL, because some receivers put a token there. */
function withoutQuery(url: string): string {
  const mark = url.indexOf('?');
  return mark < 0 ? url : `${url.slice(0, mark)}?***`;
}

/** Logs one line of JSON for machines. */
export function logTelemetry(logger: Logger, event: TelemetryEvent): void {
  if (event.type === 'fault') logger.error({ where: event.where, err: event.error }, 'fault');
  else if (event.type === 'handler.failed') {
    const { type, error: err, ...fields } = event;
    logger.warn({ ...fields, err }, type);
  } else {
    const { type, ...fields } = event;
    const shown =
      'destinationUrl' in fields ? { ...fields, destinationUrl: withoutQuery(fields.destinationUrl) } : fields;
    logger[warnings.has(type) ? 'warn' : 'info'](shown, type);
  }
}

function row(...cells: string[]): string {
  return plainLine(cells.join('  ').trimEnd());
}

/** Escapes a text before padding it, so that the columns stay aligned. */
function pad(text: string, width: number): string {
  return printable(text).padEnd(width);
}

function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} kB`;
  return bytes < 1e9 ? `${(bytes / 1_000_000).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
