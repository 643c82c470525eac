import type { CertificateFacts, Destination, DestinationInput, DestinationTls, Principal } from '@paggio/core';
import type * as Wire from '../../generated/wire-types';
import { toRetry, toRetryInput } from '../retry-policy/retry-policy.wire';
import { maskedHeaders } from '../shared/custom-headers';
import type { DestinationItemDto } from './destinations.dto';

type Tls = NonNullable<Wire.DestinationItem['tls']>;

/** An entry of an endpoint's `destinations`. */
export function toDestinationItem(destination: Destination, principal: Principal): Wire.DestinationItem {
  return {
    id: destination.id,
    name: destination.name,
    url: destination.url,
    event_types: destination.eventTypes,
    headers_json: maskedHeaders(destination.headers, principal),
    timeout_seconds: destination.timeoutSeconds,
    retry: destination.retry && toRetry(destination.retry),
    status: destination.status,
    tls: destination.tls ? toTls(destination.tls) : undefined,
    failing_since: destination.failingSince?.toISOString(),
  };
}

function toTls({ certificate, certificateAuthorities }: DestinationTls): Tls {
  return {
    certificate: certificate && toCertificate(certificate),
    certificate_authorities: certificateAuthorities.map(toCertificate),
  };
}

function toCertificate({
  subject,
  issuer,
  fingerprint,
  expiresAt,
}: CertificateFacts): Tls['certificate_authorities'][0] {
  return { subject, issuer, fingerprint, expires_at: expiresAt.toISOString() };
}

/** The same with its state: why it is paused, and whether its circuit is open after failures. */
export function toDestination(destination: Destination, principal: Principal): Wire.Destination {
  return {
    ...toDestinationItem(destination, principal),
    paused_at: destination.pausedAt?.toISOString() ?? null,
    pause_reason: destination.pauseReason,
    circuit: {
      state: destination.circuit.state,
      retry_at: destination.circuit.retryAt?.toISOString() ?? null,
    },
    failing_since: destination.failingSince?.toISOString() ?? null,
  };
}

/** @param at where the destination is in the body, such as `destinations[0].` */
export function toDestinationInput(dto: DestinationItemDto, at = ''): DestinationInput {
  return {
    // The input of a new destination must not have this member.
    ...(dto.id !== undefined && { id: dto.id }),
    name: dto.name,
    url: dto.url,
    eventTypes: dto.event_types,
    headers: dto.headers_json,
    tls: dto.tls && {
      certificate: dto.tls.certificate,
      privateKey: dto.tls.private_key,
      certificateAuthorities: dto.tls.certificate_authorities,
    },
    timeoutSeconds: dto.timeout_seconds,
    retry: toRetryInput(dto.retry, `${at}retry`),
    status: dto.status,
  };
}
