import type { Stats } from '@paggio/core';
import type * as Wire from '../../generated/wire-types';

export function toStats(stats: Stats): Wire.Stats {
  return {
    total_events: stats.totalEvents,
    delivered: stats.delivered,
    failed: stats.failed,
    pending: stats.pending,
    captured: stats.captured,
    success_rate: stats.successRate,
    avg_delivery_ms: stats.avgDeliveryMs,
    p95_delivery_ms: stats.p95DeliveryMs,
    series: stats.series.map(({ at, total, delivered, failed }) => ({
      at: at.toISOString(),
      total,
      delivered,
      failed,
    })),
  };
}
