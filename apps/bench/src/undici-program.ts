import { Pool } from 'undici';

// Shows the limit of one process: POSTs one body with a fixed number in flight, and stores nothing. Arguments: URL,
// bytes of the body, milliseconds, number in flight.
const [url, bytes, durationMs, inFlight] = process.argv.slice(2) as [string, string, string, string];
const target = new URL(url);
const pool = new Pool(target.origin, { connections: Number(inFlight), pipelining: 1 });
const body = Buffer.alloc(Number(bytes), 'x');
const endAt = performance.now() + Number(durationMs);
const startedAt = performance.now();
const cpuBefore = process.cpuUsage();
let completed = 0;
let open = Number(inFlight);

function send(): void {
  pool.dispatch(
    { path: target.pathname, method: 'POST', headers: ['content-type', 'application/json'], body },
    {
      onRequestStart: () => undefined,
      onResponseStart: () => undefined,
      onResponseData: () => undefined,
      onResponseEnd() {
        completed++;
        if (performance.now() < endAt) return send();
        if (--open > 0) return;
        const { user, system } = process.cpuUsage(cpuBefore);
        const perSecond = completed / ((performance.now() - startedAt) / 1000);
        process.send?.({ perSecond, microseconds: (user + system) / completed });
        process.disconnect();
        void pool.destroy();
      },
      onResponseError(_controller, error) {
        throw error;
      },
    },
  );
}
for (let n = 0; n < Number(inFlight); n++) send();
