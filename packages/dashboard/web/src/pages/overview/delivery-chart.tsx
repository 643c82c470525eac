import type { Stats } from '@paggio/client';
import { useState, type ReactNode } from 'react';
import { Time } from '../../parts/labels';
import { toCount } from '../../text/units';

const HEIGHT = 96;
const WIDTH = 1200;

/** The number of events received in each interval, by outcome. */
export function DeliveryChart({ series, label }: { series: Stats['series']; label: string }): ReactNode {
  const [at, setAt] = useState<number | null>(null);
  const most = Math.max(1, ...series.map(({ total }) => total));
  const step = WIDTH / Math.max(1, series.length);
  const shown = at === null ? undefined : series[at];
  const totals = series.reduce(
    (sum, { total, delivered, failed }) => ({
      total: sum.total + total,
      delivered: sum.delivered + delivered,
      failed: sum.failed + failed,
    }),
    { total: 0, delivered: 0, failed: 0 },
  );
  const { total, delivered, failed } = shown ?? totals;
  return (
    <figure className="chart">
      <figcaption>
        <span>{shown ? <Time at={shown.at} /> : label}</span>
        <span className="legend delivered">{toCount(delivered)} delivered</span>
        <span className="legend failed">{toCount(failed)} failed</span>
        <span className="legend other">{toCount(total - delivered - failed)} other</span>
        <span className="dim">peak {toCount(most)} per bar</span>
      </figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${label}: ${toCount(totals.total)} events, ${toCount(totals.delivered)} delivered, ${toCount(totals.failed)} failed`}
        onPointerMove={(event) => {
          const { left, width } = event.currentTarget.getBoundingClientRect();
          const index = Math.floor(((event.clientX - left) / width) * series.length);
          setAt(index >= 0 && index < series.length ? index : null);
        }}
        onPointerLeave={() => setAt(null)}
      >
        {series.map((point, index) => (
          <Bar key={point.at} point={point} x={index * step} width={step} most={most} chosen={index === at} />
        ))}
      </svg>
    </figure>
  );
}

interface BarProps {
  point: Stats['series'][number];
  x: number;
  width: number;
  most: number;
  chosen: boolean;
}

function Bar({ point: { total, delivered, failed }, x, width, most, chosen }: BarProps): ReactNode {
  const scale = (HEIGHT - 2) / most;
  const parts = [
    { name: 'delivered', count: delivered },
    { name: 'failed', count: failed },
    { name: 'other', count: total - delivered - failed },
  ];
  let y = HEIGHT;
  return (
    <g className={chosen ? 'chosen' : undefined}>
      <rect className="slot" x={x} y={0} width={width} height={HEIGHT} />
      {parts.map(({ name, count }) => {
        const height = count * scale;
        y -= height;
        return (
          count > 0 && (
            <rect key={name} className={name} x={x + width * 0.1} y={y} width={width * 0.8} height={height} />
          )
        );
      })}
    </g>
  );
}
