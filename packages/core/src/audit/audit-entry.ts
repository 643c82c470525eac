export const auditActions = [
  'access.denied',
  'destination.created',
  'destination.deleted',
  'destination.updated',
  'endpoint.created',
  'endpoint.deleted',
  'endpoint.tested',
  'endpoint.updated',
  'event.cancelled',
  'event.replayed',
  'key.created',
  'key.revoked',
  'notifications.tested',
  'notifications.updated',
  'replay.cancelled',
  'replay.created',
  'secret.received',
  'secret.revealed',
  'secret.rotated',
  'session.closed',
  'session.opened',
  'session.refused',
] as const;
export type AuditAction = (typeof auditActions)[number];

/** An action and its object, before and after. Neither side ever contains a secret. */
export interface AuditEntry {
  action: AuditAction;
  /** `null` when the action has no object, as for a refused request. */
  objectId: string | null;
  before: Readonly<Record<string, unknown>> | null;
  after: Readonly<Record<string, unknown>> | null;
}

/** An entry as it is stored. Nobody can change or remove one. */
export interface AuditRecord extends AuditEntry {
  id: string;
  /** `null` for the host's own code, and for a person at the dashboard of the operator. */
  keyId: string | null;
  remoteAddr: string | null;
  createdAt: Date;
}

export interface AuditFilter {
  action?: AuditAction;
  objectId?: string;
}
