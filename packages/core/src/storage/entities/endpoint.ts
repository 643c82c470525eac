import { EntitySchema } from 'typeorm';

export interface EndpointRow {
  id: string;
  userId: string;
  mode: 'live' | 'test';
  name: string;
  slug: string;
  description: string | null;
  /** Encrypted, like every secret below. */
  secret: string;
  previousSecret: string | null;
  previousSecretExpiresAt: Date | null;
  eventTypes: string[];
  headers: string | null;
  timeoutSeconds: number;
  retry: object;
  concurrency: number;
  rateLimit: number | null;
  orderBy: string | null;
  acknowledgement: object | null;
  verification: string | null;
  methods: string[] | null;
  forwardIdentityHeaders: boolean;
  status: 'ACTIVE' | 'PAUSED';
  pausedAt: Date | null;
  pauseReason: string | null;
  createdAt: Date;
  updatedAt: Date;
  deletedAt: Date | null;
}

/** An EntitySchema and not a decorated class: decorators register in metadata that a host's TypeORM would pick up. */
export const endpointSchema = new EntitySchema<EndpointRow>({
  name: 'PaggioEndpoint',
  schema: 'paggio',
  tableName: 'endpoints',
  columns: {
    id: { type: 'uuid', primary: true },
    userId: { type: 'text', name: 'user_id' },
    mode: { type: 'text' },
    name: { type: 'text' },
    slug: { type: 'text' },
    description: { type: 'text', nullable: true },
    secret: { type: 'text' },
    previousSecret: { type: 'text', name: 'previous_secret', nullable: true },
    previousSecretExpiresAt: { type: 'timestamptz', name: 'previous_secret_expires_at', nullable: true },
    eventTypes: { type: 'text', name: 'event_types', array: true },
    headers: { type: 'text', nullable: true },
    timeoutSeconds: { type: 'int', name: 'timeout_seconds' },
    retry: { type: 'jsonb' },
    concurrency: { type: 'int' },
    rateLimit: { type: 'int', name: 'rate_limit', nullable: true },
    orderBy: { type: 'text', name: 'order_by', nullable: true },
    acknowledgement: { type: 'jsonb', nullable: true },
    verification: { type: 'text', nullable: true },
    methods: { type: 'text', array: true, nullable: true },
    forwardIdentityHeaders: { type: 'boolean', name: 'forward_identity_headers' },
    status: { type: 'text' },
    pausedAt: { type: 'timestamptz', name: 'paused_at', nullable: true },
    pauseReason: { type: 'text', name: 'pause_reason', nullable: true },
    createdAt: { type: 'timestamptz', name: 'created_at' },
    updatedAt: { type: 'timestamptz', name: 'updated_at' },
    deletedAt: { type: 'timestamptz', name: 'deleted_at', nullable: true },
  },
});
