import { AsyncResource } from 'node:async_hooks';
import {
  context,
  isSpanContextValid,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Span,
} from '@opentelemetry/api';
import { HeaderList } from '@paggio/providers';

/** Makes spans of the OpenTelemetry API. Without an SDK in the host they cost next to nothing and lead nowhere. */
const tracer = trace.getTracer('paggio');

// https://www.w3.org/TR/trace-context/#traceparent-header
const TRACE_PARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** Starts the span of a captured request, below the host's own span or else below the sender's. */
export function captureSpan(rawHeaders: readonly string[], attributes: Record<string, string>): Span {
  const active = context.active();
  const parent = trace.getSpan(active) ? active : (contextOf(new HeaderList(rawHeaders).get('traceparent')) ?? active);
  const span = tracer.startSpan('paggio capture', { kind: SpanKind.CONSUMER }, parent);
  if (span.isRecording()) span.setAttributes(attributes);
  return span;
}

/** Starts the span of an attempt, below the span that captured its event, however long ago. */
export function attemptSpan(traceParent: string | null, attributes: Record<string, string | number>): Span {
  const parent = traceParent === null ? undefined : contextOf(traceParent);
  const span = tracer.startSpan('paggio attempt', { kind: SpanKind.PRODUCER }, parent ?? ROOT_CONTEXT);
  if (span.isRecording()) span.setAttributes(attributes);
  return span;
}

/** Made while modules load, so it belongs to no request. */
const outside = new AsyncResource('PAGGIO_HANDLER');

/**
 * Runs work of the app as part of a span, so that its own spans are below it. It runs outside of the request or the
 * delivery that led to it: an `AsyncLocalStorage` of the app must not show it the store of somebody else's request.
 */
export function inSpan<T>(span: Span, work: () => T): T {
  return outside.runInAsyncScope(() => context.with(trace.setSpan(ROOT_CONTEXT, span), work));
}

export function endSpan(
  span: Span,
  outcome: { error?: string | null; attributes?: Record<string, string | number> },
): void {
  if (span.isRecording()) {
    if (outcome.attributes) span.setAttributes(outcome.attributes);
    if (outcome.error) span.setStatus({ code: SpanStatusCode.ERROR, message: outcome.error });
  }
  span.end();
}

/** Returns the `traceparent` that carries a span over to another process; null if nobody traces. */
export function traceParentOf(span: Span): string | null {
  const { traceId, spanId, traceFlags } = span.spanContext();
  if (!span.isRecording() || !isSpanContextValid(span.spanContext())) return null;
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

function contextOf(traceParent: string | undefined): Context | undefined {
  const [, traceId, spanId, flags] = TRACE_PARENT.exec(traceParent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  const spanContext = { traceId, spanId, traceFlags: Number.parseInt(flags ?? '0', 16), isRemote: true };
  return isSpanContextValid(spanContext) ? trace.setSpanContext(ROOT_CONTEXT, spanContext) : undefined;
}
