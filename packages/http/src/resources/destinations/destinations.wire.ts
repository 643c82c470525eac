import type { CertificateFacts, Destination, DestinationInput, DestinationTls, Principal } from '@paggio/core';
import { toRetry } from '../retry-policy/retry-policy.wire';
import { maskedHeaders } from '../shared/custom-headers';
import type { DestinationItemDto } from './destinations.dto';

/** An entry of an endpoint's `destinations`, section 6 of the contract. */
export function toDestinationItem(destination: Destination, principal: Principal): object {
  return {
    id: destination.id,
    name: destination.name,
    url: destination.url,
    event_types: destination.eventTypes,
    headers_json: maskedHeaders(destination.headers, principal),
    timeout_seconds: destination.timeoutSeconds,
    retry: destination.retry && toRetry(destination.retry),
    status: destination.status,
    ...(destination.tls && { tls: toTls(destination.tls) }),
    ...(destination.failingSince && { failing_since: destination.failingSince.toISOString() }),
  };
}

function toTls({ certificate, certificateAuthorities }: DestinationTls): object {
  return {
    certificate: certificate && toCertificate(certificate),
    certificate_authorities: certificateAuthorities.map(toCertificate),
  };
}

function toCertificate({ subject, issuer, fingerprint, expiresAt }: CertificateFacts): object {
  return { subject, issuer, fingerprint, expires_at: expiresAt.toISOString() };
}

/** The same with its state: why it is paused, and whether it is left alone after failures. */
export function toDestination(destination: Destination, principal: Principal): object {
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

export function toDestinationInput(dto: DestinationItemDto): DestinationInput {
  return {
    // New destinations have no such member.
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
    retry: dto.retry,
    status: dto.status,
  };
}
