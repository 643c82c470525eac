import { context, SpanStatusCode, trace } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import { attempts, capture, owner, Recorder, settled, startGateway } from '../testing';

const exporter = new InMemorySpanExporter();
const sender = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

test("without an SDK nothing is added, and the sender's trace is passed on unchanged", async () => {
  const gateway = await startGateway();
  const { paggio } = gateway;
  const recorder = await Recorder.start();
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 't', destinationUrl: recorder.url() });
  for (const headers of [[], ['TraceParent', sender]])
    await settled(paggio, owner, await capture(paggio, endpoint.slug, '{}', headers));
  expect(recorder.requests.map(({ headers }) => headers['traceparent'])).toEqual([undefined, sender]);
  await gateway.stop();
  await recorder.stop();
});

test('with an SDK, an event and all its attempts are one trace, which continues at the destination', async () => {
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  const gateway = await startGateway();
  const { paggio } = gateway;
  const recorder = await Recorder.start(
    (_request, response, count) => void response.writeHead(count === 1 ? 500 : 200).end(),
  );
  const { endpoint } = await paggio.admin.endpoints.create(owner, {
    name: 't',
    destinationUrl: recorder.url(),
    retry: { scheduleSeconds: [0] },
  });
  const seen = attempts(paggio);
  const id = await capture(paggio, endpoint.slug, '{}', ['traceparent', sender, 'X-A', '1']);
  await settled(paggio, owner, id);
  expect(seen).toHaveLength(2);
  await paggio.admin.replays.send(owner, id, { destinationUrl: recorder.url('/replay') });
  const spans = exporter.getFinishedSpans();
  const [captured] = spans.filter(({ name }) => name === 'paggio capture');
  const tries = spans.filter(({ name }) => name === 'paggio attempt');
  expect(captured?.attributes).toMatchObject({ 'paggio.event_id': id, 'paggio.endpoint_id': endpoint.id });
  const parentOf = (span: ReadableSpan | undefined): string | undefined => span?.parentSpanContext?.spanId;
  expect(parentOf(captured)).toBe('b'.repeat(16));
  expect(tries.map((span) => [span.spanContext().traceId, parentOf(span)])).toEqual(
    Array(3).fill(['a'.repeat(32), captured?.spanContext().spanId]),
  );
  expect(tries.map(({ attributes }) => attributes['http.response.status_code'])).toEqual([500, 200, 200]);
  expect(recorder.requests.map(({ headers }) => headers['traceparent'])).toEqual(
    tries.map((span) => `00-${span.spanContext().traceId}-${span.spanContext().spanId}-01`),
  );
  expect(
    recorder.requests.every(({ rawHeaders }) => rawHeaders.filter((name) => /^traceparent$/i.test(name)).length === 1),
  ).toBe(true);

  exporter.reset();
  await recorder.stop();
  const dead = await capture(paggio, endpoint.slug, '{}');
  await settled(paggio, owner, dead);
  const failed = exporter.getFinishedSpans().filter(({ name }) => name === 'paggio attempt');
  expect(failed.map(({ status }) => status.code)).toEqual([SpanStatusCode.ERROR, SpanStatusCode.ERROR]);
  // The trace is stored with the event, so a delivery that another process claims later continues the same trace.
  expect(new Set(failed.map((span) => span.spanContext().traceId)).size).toBe(1);
  await gateway.stop();
  trace.disable();
  context.disable();
});
