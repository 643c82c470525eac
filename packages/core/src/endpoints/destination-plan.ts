import type { DestinationUrl } from '../transport/destination-url';
import { parseRetryPolicy } from './retry-policy';
import { toStoredRetry } from './stored-settings';
import type { ErrorDetail } from '../errors';
import { formatId, newId } from '../event-id';
import type { DestinationRow } from '../storage/entities/destination';
import type { DestinationInput, Status } from './endpoint';
import { parseDestinationTls, type StoredTls } from './destination-tls';
import { headerProblems } from './endpoint-settings';

/** An endpoint may have at most this many destinations, because each event makes a delivery for each of them. */
const MAX_DESTINATIONS = 100;

/** A destination whose URL, if it has one, has passed the check. No other URL gets into a row. */
export type CheckedDestination = Omit<DestinationInput, 'url'> & { url?: DestinationUrl };

/** Encrypts the secret settings of a destination. */
export interface DestinationSeal {
  headers(headers: Record<string, string>, destinationId: string): string;
  tls(tls: StoredTls, destinationId: string): string;
}

/** The rows to add, change and remove for a change of an endpoint's destinations. */
export interface DestinationPlan {
  added: DestinationRow[];
  changed: (Partial<DestinationRow> & { id: string })[];
  removed: string[];
}

/** Column values that forget a destination's failures and close its circuit. */
const unharmed = {
  failingSince: null,
  failures: 0,
  failingReported: null,
  strain: 0,
  openings: 0,
  openUntil: null,
  probeEventId: null,
} as const satisfies Partial<DestinationRow>;

/** Column values that make a destination active and forget its failures. */
const recovered = {
  status: 'ACTIVE',
  pausedAt: null,
  pauseReason: null,
  ...unharmed,
} as const satisfies Partial<DestinationRow>;

/** Resumes the destinations that Paggio paused by itself. A destination that a person paused stays paused. */
export function resumeAutomatic(stored: readonly DestinationRow[], now: Date): DestinationPlan['changed'] {
  return stored.filter(isPausedByItself).map(({ id }) => ({ id, ...recovered, updatedAt: now }));
}

export const MANUAL = 'manual';

export function functionProblem(field: string): ErrorDetail {
  const message =
    'This destination is a handler of the app. Its settings are in the code, and only status can be changed here.';
  return { field, message };
}

export function isPausedByItself(row: DestinationRow): boolean {
  return row.status === 'PAUSED' && row.pauseReason !== MANUAL;
}

/**
 * Plans how to turn the stored destinations into the wanted ones. An input with an id changes that destination, and an
 * input without an id adds one. A stored destination that no input names is removed, unless it is a function of the
 * app.
 * @param fieldOf returns the client's name for a member of an input
 * @returns the plan, or the problems of the inputs
 */
export function planDestinations(
  endpointId: string,
  stored: readonly DestinationRow[],
  wanted: readonly CheckedDestination[],
  seal: DestinationSeal,
  now: Date,
  fieldOf: (index: number, name: string) => string = (index, name) => `destinations[${index}].${name}`,
): DestinationPlan | ErrorDetail[] {
  const problems: ErrorDetail[] = [];
  const plan: DestinationPlan = { added: [], changed: [], removed: [] };
  const named = new Set(wanted.flatMap(({ id }) => id ?? []));
  if (named.size < wanted.filter(({ id }) => id !== undefined).length)
    problems.push({ field: 'destinations', message: 'A destination is given twice.' });
  if (wanted.length > MAX_DESTINATIONS)
    problems.push({
      field: 'destinations',
      message: `An endpoint may have at most ${MAX_DESTINATIONS} destinations.`,
    });
  wanted.forEach((input, index) => {
    const field = (name: string): string => fieldOf(index, name);
    const row = stored.find((one) => one.id === input.id);
    if (input.id !== undefined && !row) {
      problems.push({ field: field('id'), message: 'There is no such destination of this endpoint.' });
      return;
    }
    const changed = Object.entries(input).filter(([name, value]) => value !== undefined && name !== 'id');
    if (row && row.handler !== null && changed.some(([name]) => name !== 'status')) {
      problems.push(functionProblem(field('id')));
      return;
    }
    const id = row?.id ?? formatId(newId());
    const settings = settingsOf(input, id, seal, field, problems);
    problems.push(...tlsWithoutHttps(input, settings, row, field('tls')));
    if (row) {
      // The failures of the previous address do not count for the new one. A pause stays until somebody ends it.
      const moved = input.url !== undefined && input.url !== row.url;
      const change = { ...settings, ...(moved ? unharmed : {}), ...statusChange(row, input.status, now) };
      if (Object.keys(change).length > 0) plan.changed.push({ id, ...change, updatedAt: now });
    } else if (input.url === undefined) problems.push({ field: field('url'), message: 'url is required.' });
    else {
      const name =
        index === 0 && !stored.some(({ handler }) => handler === null) ? 'default' : new URL(input.url).hostname;
      plan.added.push({
        ...newDestination(id, endpointId, name, input.url, now),
        ...settings,
        ...startPaused(input, now),
      });
    }
  });
  // Clients cannot remove functions of the app, because the code would register them again.
  plan.removed = stored.filter(({ handler, id }) => handler === null && !named.has(id)).map(({ id }) => id);
  return problems.length > 0 ? problems : plan;
}

function newDestination(id: string, endpointId: string, name: string, url: DestinationUrl, now: Date): DestinationRow {
  return {
    id,
    endpointId,
    name,
    url,
    handler: null,
    eventTypes: [],
    headers: null,
    tls: null,
    timeoutSeconds: null,
    retry: null,
    concurrency: null,
    ...recovered,
    createdAt: now,
    updatedAt: now,
    deletedAt: null,
  };
}

function settingsOf(
  input: CheckedDestination,
  id: string,
  seal: DestinationSeal,
  field: (name: string) => string,
  problems: ErrorDetail[],
): Partial<DestinationRow> {
  const row: Partial<DestinationRow> = {};
  if (input.name !== undefined) row.name = input.name;
  if (input.url !== undefined) row.url = input.url;
  if (input.eventTypes !== undefined) row.eventTypes = input.eventTypes;
  if (input.timeoutSeconds !== undefined) row.timeoutSeconds = input.timeoutSeconds;
  if (input.retry === null) row.retry = null;
  else if (input.retry !== undefined) {
    const policy = parseRetryPolicy(input.retry, field('retry'));
    if (Array.isArray(policy)) problems.push(...policy);
    else row.retry = toStoredRetry(policy);
  }
  if (input.headers !== undefined) {
    problems.push(...headerProblems(input.headers, field('headers')));
    row.headers = Object.keys(input.headers).length === 0 ? null : seal.headers(input.headers, id);
  }
  if (input.tls === null) row.tls = null;
  else if (input.tls !== undefined) {
    const tls = parseDestinationTls(input.tls, field('tls'));
    if (Array.isArray(tls)) problems.push(...tls);
    else row.tls = seal.tls(tls, id);
  }
  return row;
}

/** Refuses TLS settings for an http URL, because no connection would use them. */
function tlsWithoutHttps(
  input: CheckedDestination,
  settings: Partial<DestinationRow>,
  row: DestinationRow | undefined,
  field: string,
): ErrorDetail[] {
  if (input.url === undefined && input.tls === undefined) return [];
  const tls = settings.tls === undefined ? (row?.tls ?? null) : settings.tls;
  const url = input.url ?? row?.url ?? '';
  if (tls === null || !url.startsWith('http:')) return [];
  return [{ field, message: 'tls needs a destination with an https URL. Send null to remove it.' }];
}

function statusChange(row: DestinationRow, status: Status | undefined, now: Date): Partial<DestinationRow> {
  if (status === 'ACTIVE') return row.status === 'PAUSED' ? recovered : {};
  if (status === 'PAUSED' && row.status === 'ACTIVE') return { status, pausedAt: now, pauseReason: MANUAL };
  return {};
}

function startPaused(input: CheckedDestination, now: Date): Partial<DestinationRow> {
  return input.status === 'PAUSED' ? { status: 'PAUSED', pausedAt: now, pauseReason: MANUAL } : {};
}
