import type { RetryPolicy } from '../delivery/retry-policy';
import type { Mode } from '../principal';

/** An endpoint as its owner sees it. Secrets are not part of it. */
export interface Endpoint {
  id: string;
  userId: string;
  mode: Mode;
  name: string;
  slug: string;
  webhookUrl: string;
  description: string | null;
  destinations: Destination[];
  eventTypes: string[];
  headers: Record<string, string>;
  timeoutSeconds: number;
  retry: RetryPolicy;
  concurrency: number;
  rateLimit: number | null;
  orderBy: string | null;
  acknowledgement: AcknowledgementSetting | null;
  verification: VerificationView | null;
  status: 'ACTIVE' | 'PAUSED';
  pausedAt: Date | null;
  pauseReason: string | null;
  health: Health;
  createdAt: Date;
  updatedAt: Date;
}

export interface Destination {
  id: string;
  name: string;
  url: string;
  eventTypes: string[];
  headers: Record<string, string>;
  timeoutSeconds: number;
  retry: RetryPolicy | null;
  status: 'ACTIVE' | 'PAUSED';
}

export interface AcknowledgementSetting {
  status: number;
  content_type: string | null;
  body: string;
}

export interface VerificationView {
  provider: string;
  scheme: string | null;
  secretsCount: number;
  /** The last four characters of each secret. */
  secretsLastFour: string[];
  publicUrl: string | null;
  settings: Readonly<Record<string, unknown>>;
}

/** Over the deliveries of the newest events, delivered and failed only. */
export interface Health {
  label: 'healthy' | 'degraded' | 'unhealthy' | 'capturing';
  successRate: number | null;
  delivered: number;
  failed: number;
}

export function healthOf(delivered: number, failed: number): Health {
  const finished = delivered + failed;
  if (finished === 0) return { label: 'capturing', successRate: null, delivered, failed };
  const successRate = Math.round((delivered / finished) * 10_000) / 10_000;
  const label = successRate >= 0.9 ? 'healthy' : successRate >= 0.5 ? 'degraded' : 'unhealthy';
  return { label, successRate, delivered, failed };
}

export interface VerificationInput {
  provider: string;
  scheme?: string | null;
  /** Left out in an update of the same provider: the stored ones stay. */
  secrets?: readonly (string | { value: string; expires_at?: string | null })[];
  public_url?: string | null;
  settings?: Record<string, unknown>;
}

export interface EndpointInput {
  name: string;
  /** Null or empty: capture only. */
  destinationUrl?: string | null;
  secret?: string;
  description?: string | null;
  eventTypes?: string[];
  headers?: Record<string, string>;
  timeoutSeconds?: number;
  retry?: unknown;
  concurrency?: number;
  rateLimit?: number | null;
  orderBy?: string | null;
  acknowledgement?: AcknowledgementSetting | null;
  verification?: VerificationInput | null;
}

export interface EndpointChange extends Partial<Omit<EndpointInput, 'secret'>> {
  status?: 'ACTIVE' | 'PAUSED';
}
