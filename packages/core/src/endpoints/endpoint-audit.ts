import type { AuditEntry } from '../audit/audit-entry';
import type { DestinationRow } from '../storage/entities/destination';
import type { EndpointRow } from '../storage/entities/endpoint';
import type { DestinationPlan } from './destination-plan';

/** The columns that the audit log shows, under the names that clients use. It never shows secrets or header values. */
const endpointFacts: Readonly<Partial<Record<keyof EndpointRow, string>>> = {
  name: 'name',
  description: 'description',
  eventTypes: 'event_types',
  timeoutSeconds: 'timeout_seconds',
  retry: 'retry',
  concurrency: 'concurrency',
  rateLimit: 'rate_limit',
  orderBy: 'order_by',
  acknowledgement: 'acknowledgement',
  methods: 'methods',
  forwardIdentityHeaders: 'forward_identity_headers',
  status: 'status',
};
const destinationFacts: Readonly<Partial<Record<keyof DestinationRow, string>>> = {
  name: 'name',
  url: 'url',
  eventTypes: 'event_types',
  timeoutSeconds: 'timeout_seconds',
  retry: 'retry',
  status: 'status',
};
/** Encrypted columns. The audit log shows only whether they have a value. */
const sealed: Readonly<Record<string, string>> = { headers: 'headers_json', tls: 'tls', verification: 'verification' };

type Facts = Record<string, unknown>;

export function endpointCreated(row: EndpointRow, destinations: readonly DestinationRow[]): AuditEntry[] {
  const entry = {
    action: 'endpoint.created',
    objectId: row.id,
    before: null,
    after: factsOf(row, endpointFacts),
  } as const;
  return [entry, ...destinations.map(destinationCreated)];
}

export function endpointChanged(
  stored: { endpoint: EndpointRow; destinations: readonly DestinationRow[] },
  change: Partial<EndpointRow>,
  plan: DestinationPlan,
): AuditEntry[] {
  const { endpoint, destinations } = stored;
  const changed = pickChanged(endpoint, change, endpointFacts);
  const of = (id: string): DestinationRow | undefined => destinations.find((row) => row.id === id);
  return [
    ...(changed ? [{ action: 'endpoint.updated' as const, objectId: endpoint.id, ...changed }] : []),
    ...(change.secret === undefined ? [] : [secretRotated(endpoint.id, change)]),
    ...plan.added.map(destinationCreated),
    ...plan.changed.flatMap(({ id, ...rest }): AuditEntry[] => {
      const row = of(id);
      const difference = row && pickChanged(row, rest, destinationFacts);
      return difference ? [{ action: 'destination.updated', objectId: id, ...difference }] : [];
    }),
    ...plan.removed.map((id): AuditEntry => {
      const row = of(id);
      return {
        action: 'destination.deleted',
        objectId: id,
        before: row ? factsOf(row, destinationFacts) : null,
        after: null,
      };
    }),
  ];
}

function secretRotated(objectId: string, { previousSecretExpiresAt }: Partial<EndpointRow>): AuditEntry {
  const after = { previous_expires_at: previousSecretExpiresAt?.toISOString() ?? null };
  return { action: 'secret.rotated', objectId, before: null, after };
}

function destinationCreated(row: DestinationRow): AuditEntry {
  return { action: 'destination.created', objectId: row.id, before: null, after: factsOf(row, destinationFacts) };
}

function factsOf<T extends object>(row: Partial<T>, names: Readonly<Partial<Record<keyof T, string>>>): Facts {
  const facts: Facts = {};
  for (const [key, value] of Object.entries(row)) {
    const name = (names as Record<string, string | undefined>)[key];
    if (name !== undefined) facts[name] = value;
    else if (sealed[key] !== undefined) facts[sealed[key]] = value === null ? null : '***';
  }
  return facts;
}

/**
 * The members that differ, before and after, or undefined when none does. A replaced encrypted value counts as
 * different.
 */
function pickChanged<T extends object>(
  stored: T,
  change: Partial<T>,
  names: Readonly<Partial<Record<keyof T, string>>>,
): { before: Facts; after: Facts } | undefined {
  const keys = (Object.keys(change) as (keyof T)[]).filter(
    (key) => JSON.stringify(stored[key]) !== JSON.stringify(change[key]),
  );
  const only = (row: Partial<T>): Partial<T> => Object.fromEntries(keys.map((key) => [key, row[key]])) as Partial<T>;
  const after = factsOf<T>(only(change), names);
  return Object.keys(after).length === 0 ? undefined : { before: factsOf<T>(only(stored), names), after };
}
