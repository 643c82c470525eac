import { owner, query, Recorder, settled, until } from '@paggio/core/testing';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { register } from 'prom-client';
import { client, request, startGatewayServer } from './testing';

test("telemetry events are counted in Paggio's own registry, for administrators [LOA-14]", async () => {
  const server = await startGatewayServer();
  let status = 200;
  const recorder = await Recorder.start((_request, response) => void response.writeHead(status).end());
  const endpoint = (
    await server
      .api()
      .post('/api/v1/endpoints', { name: 'm', destination_url: recorder.url(), retry: { max_attempts: 1 } })
  ).data;
  const send = async (): Promise<void> => {
    const answer = await request(server.port, { path: `/api/webhook/${endpoint.slug}`, body: '{"n":1}' });
    await settled(server.paggio, owner, answer.headers['paggio-event-id'] as string);
  };
  for (let n = 0; n < 3; n++) await send();
  status = 404;
  await send();
  await server.api().patch(`/api/v1/endpoints/${endpoint.id}`, {
    verification: { provider: 'github', secrets: ['a secret'] },
  });
  await request(server.port, { path: `/api/webhook/${endpoint.slug}`, body: '{}' });
  const { data, headers } = await server.api().get('/metrics');
  expect(headers['content-type']).toMatch(/^text\/plain; version=0.0.4/);
  const valueOf = (line: string): number =>
    Number(new RegExp(`^${line.replaceAll(/[{}]/g, '\\$&')} (\\S+)$`, 'm').exec(data)?.[1]);
  expect(valueOf('paggio_events_captured_total{source="unknown"}')).toBe(4);
  expect(valueOf('paggio_captured_bytes_total')).toBe(28);
  expect(valueOf('paggio_attempts_total{trigger="scheduled",status="delivered"}')).toBe(3);
  expect(valueOf('paggio_attempts_total{trigger="scheduled",status="failed"}')).toBe(1);
  expect(valueOf('paggio_attempt_duration_seconds_count{trigger="scheduled",status="delivered"}')).toBe(3);
  expect(valueOf('paggio_deliveries_failed_total{status_reason="exhausted"}')).toBe(1);
  expect(valueOf('paggio_rejections_total{provider="github",reason="missing_signature"}')).toBe(1);
  expect(valueOf('paggio_queue_pending')).toBe(0);
  expect(valueOf('paggio_queue_lag_seconds')).toBe(0);
  expect(valueOf('paggio_destinations_failing')).toBe(0);
  expect(valueOf('paggio_pool_waiting{pool="capture"}')).toBe(0);
  expect(valueOf('paggio_database_up')).toBe(1);
  expect(data).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  // Node reports a garbage collection some time after it.
  const collected = await until(server.paggio, async () => {
    const { data: text } = await server.api().get<string>('/metrics');
    return /^nodejs_gc_duration_seconds_count.+$/m.exec(text)?.[0];
  });
  expect(collected).toMatch(/ [1-9]\d*$/);
  expect(register.getMetricsAsArray()).toEqual([]);
  expect((await client(server.port, 'nope').get('/metrics')).status).toBe(401);
  await server.stop();
  await recorder.stop();
});

test('health says how late deliveries are, and does not count paused ones', async () => {
  const server = await startGatewayServer({ roles: ['capture', 'api'] });
  const blocker = createServer();
  await new Promise<void>((done) => blocker.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(blocker.address() as AddressInfo).port}/`;
  const endpoint = (await server.api().post('/api/v1/endpoints', { name: 'm', destination_url: url })).data;
  // Nothing is delivered in this process.
  await request(server.port, { path: `/api/webhook/${endpoint.slug}`, body: '{}' });
  await new Promise((done) => setTimeout(done, 300));
  const late = (await server.api().get('/health')).data;
  const [newest] = await query<{ count: number }>(
    server.gateway.database.url,
    'select count(*)::int as count from paggio.migrations',
  );
  expect(late).toMatchObject({ status: 'ok', migration: newest?.count });
  expect(late.lag_seconds).toBeGreaterThanOrEqual(0.2);
  await server.api().patch(`/api/v1/endpoints/${endpoint.id}`, { status: 'PAUSED' });
  expect((await server.api().get('/health')).data.lag_seconds).toBe(0);
  await server.stop();
  blocker.close();
});
