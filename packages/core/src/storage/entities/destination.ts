import { EntitySchema } from 'typeorm';

export interface DestinationRow {
  id: string;
  endpointId: string;
  name: string;
  /** `handler:<name>` for a handler. */
  url: string;
  /** Name of the handler; null for a URL. */
  handler: string | null;
  eventTypes: string[];
  headers: string | null;
  /** Client certificate, its key and further authorities, encrypted together. */
  tls: string | null;
  timeoutSeconds: number | null;
  retry: object | null;
  /** Null means that of the endpoint. */
  concurrency: number | null;
  status: 'ACTIVE' | 'PAUSED';
  pausedAt: Date | null;
  pauseReason: string | null;
  /** Time of the first of the failed attempts in a row. */
  failingSince: Date | null;
  /** Failed attempts in a row; meaningless without `failingSince`. */
  failures: number;
  /** The `failingSince` of the outage that was reported to the owner; null if none was, or if its end was too. */
  failingReported: Date | null;
  /** Attempts in a row that strained it. */
  strain: number;
  openings: number;
  openUntil: Date | null;
  probeEventId: string | null;
  createdAt: Date;
  updatedAt: Date;
  deletedAt: Date | null;
}

export const destinationSchema = new EntitySchema<DestinationRow>({
  name: 'PaggioDestination',
  schema: 'paggio',
  tableName: 'destinations',
  columns: {
    id: { type: 'uuid', primary: true },
    endpointId: { type: 'uuid', name: 'endpoint_id' },
    name: { type: 'text' },
    url: { type: 'text' },
    handler: { type: 'text', nullable: true },
    eventTypes: { type: 'text', name: 'event_types', array: true },
    headers: { type: 'text', nullable: true },
    tls: { type: 'text', nullable: true },
    timeoutSeconds: { type: 'int', name: 'timeout_seconds', nullable: true },
    retry: { type: 'jsonb', nullable: true },
    concurrency: { type: 'int', nullable: true },
    status: { type: 'text' },
    pausedAt: { type: 'timestamptz', name: 'paused_at', nullable: true },
    pauseReason: { type: 'text', name: 'pause_reason', nullable: true },
    failingSince: { type: 'timestamptz', name: 'failing_since', nullable: true },
    failures: { type: 'int' },
    failingReported: { type: 'timestamptz', name: 'failing_told', nullable: true },
    strain: { type: 'int' },
    openings: { type: 'int' },
    openUntil: { type: 'timestamptz', name: 'open_until', nullable: true },
    probeEventId: { type: 'uuid', name: 'probe_event_id', nullable: true },
    createdAt: { type: 'timestamptz', name: 'created_at' },
    updatedAt: { type: 'timestamptz', name: 'updated_at' },
    deletedAt: { type: 'timestamptz', name: 'deleted_at', nullable: true },
  },
});
