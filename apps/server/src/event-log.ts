import { printable, type Happening } from '@paggio/core';
import type { Logger } from 'pino';
import { plainLine } from './logger';

/** One line per event in and per attempt out, for people at a terminal. */
export function prettyLine(happening: Happening, now: Date): string | null {
  const time = now.toTimeString().slice(0, 8);
  switch (happening.type) {
    case 'event.captured': {
      const signature = happening.verified ? 'signature ok' : '';
      const note = happening.duplicate ? 'duplicate' : '';
      return row(
        time,
        '->',
        pad(happening.source, 7),
        pad(happening.eventType ?? '-', 26),
        pad(size(happening.size), 7),
        pad(signature, 16),
        happening.eventId,
        note,
      );
    }
    case 'event.rejected':
      return row(
        time,
        '->',
        pad(happening.provider, 7),
        pad(`endpoint "${happening.endpointName}"`, 26),
        pad(size(happening.size), 7),
        pad('signature FAILED', 16),
        happening.rejectionId ?? '-',
        happening.explanation ?? happening.reason,
      );
    case 'attempt.finished': {
      const answer = String(happening.responseStatus ?? happening.error?.split(':')[0] ?? 'failed');
      return row(
        time,
        '<-',
        pad(answer, 7),
        pad(withoutQuery(happening.destinationUrl), 34),
        pad(`${happening.latencyMs} ms`, 16),
        happening.eventId,
        happening.status === 'failed' ? (happening.next ?? '') : '',
      );
    }
    case 'handler.failed':
      // Its attempt tells the same in one line; the log of JSON lines has the stack.
      return null;
    case 'destination.paused':
      return row(time, '!!', pad('paused', 7), pad(`destination ${happening.destinationId}`, 52), happening.reason);
    case 'circuit.opened':
      return row(
        time,
        '!!',
        pad('open', 7),
        pad(`destination ${happening.destinationId}`, 52),
        `too many failures in a row: left alone for ${Math.round(happening.forMs / 1000)} s`,
      );
    case 'circuit.closed':
      return row(time, 'ok', pad('closed', 7), pad(`destination ${happening.destinationId}`, 52), 'works again');
    case 'address.blocked':
      return row(
        time,
        '!!',
        pad('blocked', 7),
        pad(`${happening.host}:${happening.port}`, 52),
        refusals[happening.reason],
      );
    case 'clock.skewed':
      return row(
        time,
        '!!',
        pad('clock', 7),
        `this machine's clock is ${Math.round(happening.skewMs / 1000)} s off from the database's: signatures may be refused`,
      );
    case 'durability.weak':
      return row(
        time,
        '!!',
        pad('disk', 7),
        `PostgreSQL has ${happening.settings.join(' and ')}: what was acknowledged may be lost when its machine goes down`,
      );
    case 'session.refused':
      return row(
        time,
        '!!',
        pad('sign-in', 7),
        pad(`refused from ${happening.remoteAddr ?? 'an unknown address'}`, 52),
        happening.reason.replaceAll('_', ' '),
      );
    case 'role.privileged':
      return row(
        time,
        '!!',
        pad('role', 7),
        `the database role ${happening.role} has ${happening.rights.join(' and ')}. ${happening.hint}`,
      );
    case 'master_key.guessable':
      return row(
        time,
        '!!',
        pad('key', 7),
        'anybody can guess the master key: make a new one with openssl rand -base64 32',
      );
    case 'master_key.rotated':
      return row(
        time,
        'ok',
        pad('key', 7),
        `${happening.values} secrets are encrypted under the new master key; the previous key is no longer needed`,
      );
    case 'capture.refused':
      return row(
        time,
        '!!',
        pad('refused', 7),
        pad(happening.endpointId === null ? 'unknown URLs' : `endpoint ${happening.endpointId}`, 52),
        `${happening.count} requests were answered 429 (${captureRefusals[happening.reason]})`,
      );
    case 'storage.filling':
      return row(
        time,
        '!!',
        pad('storage', 7),
        pad(happening.endpointId === null ? `user ${happening.userId}` : `endpoint ${happening.endpointId}`, 52),
        `${size(happening.bytes)} of ${size(happening.quota)}${happening.unverified ? ' for unverified events' : ''} are used${
          happening.full ? ': new events are answered 429' : ''
        }`,
      );
    case 'storage.growing':
      return row(
        time,
        '!!',
        pad('storage', 7),
        `${size(happening.bytes)} are stored and nothing is ever removed: set PAGGIO_RETENTION, such as 30d`,
      );
    // The line of its last attempt says it.
    case 'delivery.failed':
      return null;
    case 'fault':
      // More than a line: the output shows where it happened.
      return null;
  }
}

const refusals = {
  address: 'not an address that deliveries may reach',
  port: 'not a port that deliveries may reach',
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
  rate: 'more than the rate limit',
  quota: 'no room left in the storage quota',
  unknown_url: 'too many unknown URLs from one address',
} as const;

/** What stands behind the path of a URL may be a token, as some receivers have it. */
function withoutQuery(url: string): string {
  const mark = url.indexOf('?');
  return mark < 0 ? url : `${url.slice(0, mark)}?***`;
}

/** The same for machines. */
export function logHappening(logger: Logger, happening: Happening): void {
  if (happening.type === 'fault') logger.error({ where: happening.where, err: happening.error }, 'fault');
  else if (happening.type === 'handler.failed') {
    const { type, error: err, ...fields } = happening;
    logger.warn({ ...fields, err }, type);
  } else {
    const { type, ...fields } = happening;
    const shown =
      'destinationUrl' in fields ? { ...fields, destinationUrl: withoutQuery(fields.destinationUrl) } : fields;
    logger[warnings.has(type) ? 'warn' : 'info'](shown, type);
  }
}

function row(...cells: string[]): string {
  return plainLine(cells.join('  ').trimEnd());
}

/** Escaped before it is padded, so that the columns stay where they are. */
function pad(text: string, width: number): string {
  return printable(text).padEnd(width);
}

function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} kB`;
  return bytes < 1e9 ? `${(bytes / 1_000_000).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
