import { EntitySchema } from 'typeorm';

export interface ApiKeyRow {
  id: string;
  userId: string;
  mode: 'live' | 'test';
  name: string;
  prefix: string;
  /** SHA-256 of the whole key. A fast hash is right for a secret of 190 random bits. */
  hash: Buffer;
  scopes: string[];
  lastUsedAt: Date | null;
  expiresAt: Date | null;
  revokedAt: Date | null;
  createdAt: Date;
}

export const apiKeySchema = new EntitySchema<ApiKeyRow>({
  name: 'PaggioApiKey',
  schema: 'paggio',
  tableName: 'api_keys',
  columns: {
    id: { type: 'uuid', primary: true },
    userId: { type: 'text', name: 'user_id' },
    mode: { type: 'text' },
    name: { type: 'text' },
    prefix: { type: 'text' },
    hash: { type: 'bytea' },
    scopes: { type: 'text', array: true },
    lastUsedAt: { type: 'timestamptz', name: 'last_used_at', nullable: true },
    expiresAt: { type: 'timestamptz', name: 'expires_at', nullable: true },
    revokedAt: { type: 'timestamptz', name: 'revoked_at', nullable: true },
    createdAt: { type: 'timestamptz', name: 'created_at' },
  },
});
