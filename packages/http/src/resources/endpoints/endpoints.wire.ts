import type { Endpoint, EndpointChange, EndpointInput, Principal } from '@paggio/core';
import { wrongInput } from '../../wire-error';
import { parseId } from '@paggio/core';
import type * as Wire from '../../generated/wire-types';
import type { DestinationItemDto } from '../destinations/destinations.dto';
import { toDestinationInput, toDestinationItem } from '../destinations/destinations.wire';
import { toRetry, toRetryInput } from '../retry-policy/retry-policy.wire';
import { maskedHeaders } from '../shared/custom-headers';
import type { EndpointCreateDto, EndpointUpdateDto } from './endpoints.dto';
import { toVerificationInput } from './verification-input';

export function toEndpoint(endpoint: Endpoint, principal: Principal): Wire.Endpoint {
  return {
    id: endpoint.id,
    user_id: endpoint.userId,
    name: endpoint.name,
    slug: endpoint.slug,
    webhook_url: endpoint.webhookUrl,
    destination_url: destinationUrlOf(endpoint),
    description: endpoint.description,
    destinations: endpoint.destinations.map((destination) => toDestinationItem(destination, principal)),
    event_types: endpoint.eventTypes,
    headers_json: maskedHeaders(endpoint.headers, principal),
    timeout_seconds: endpoint.timeoutSeconds,
    retry: toRetry(endpoint.retry),
    concurrency: endpoint.concurrency,
    rate_limit: endpoint.rateLimit,
    order_by: endpoint.orderBy,
    acknowledgement: endpoint.acknowledgement && {
      status: endpoint.acknowledgement.status,
      content_type: endpoint.acknowledgement.contentType,
      body: endpoint.acknowledgement.body,
    },
    verification: endpoint.verification && {
      provider: endpoint.verification.provider,
      scheme: endpoint.verification.scheme,
      secrets_count: endpoint.verification.secretsCount,
      secrets_last_four: endpoint.verification.secretsLastFour,
      public_url: endpoint.verification.publicUrl,
      settings: endpoint.verification.settings,
      replay_secrets_last_four: endpoint.verification.replaySecretsLastFour,
    },
    methods: endpoint.methods,
    forward_identity_headers: endpoint.forwardIdentityHeaders,
    status: endpoint.status,
    paused_at: endpoint.pausedAt?.toISOString() ?? null,
    pause_reason: endpoint.pauseReason,
    mode: endpoint.mode,
    health: {
      label: endpoint.health.label,
      success_rate: endpoint.health.successRate,
      delivered: endpoint.health.delivered,
      failed: endpoint.health.failed,
      failing_since: endpoint.health.failingSince?.toISOString(),
    },
    created_at: endpoint.createdAt.toISOString(),
    updated_at: endpoint.updatedAt.toISOString(),
  };
}

/** The URL of the first destination that has one. Functions of the app do not. */
export function destinationUrlOf({ destinations }: Endpoint): string | null {
  return destinations.find(({ handler }) => handler === null)?.url ?? null;
}

export function toEndpointInput(dto: EndpointCreateDto): EndpointInput {
  return { ...toSettings(dto), name: dto.name, secret: dto.secret };
}

export function toEndpointChange(dto: EndpointUpdateDto): EndpointChange {
  return { ...toSettings(dto), name: dto.name, status: dto.status };
}

function toSettings(dto: EndpointCreateDto | EndpointUpdateDto): EndpointChange {
  if (dto.url !== undefined && dto.destination_url !== undefined) {
    throw wrongInput('body', [{ field: 'url', message: 'url is an alias of destination_url: give only one of them.' }]);
  }
  return {
    destinationUrl: dto.destination_url === undefined ? dto.url : dto.destination_url,
    destinations: dto.destinations?.map((one: DestinationItemDto, index) =>
      toDestinationInput({ ...one, id: one.id && parseId(one.id) }, `destinations[${index}].`),
    ),
    description: dto.description,
    eventTypes: dto.event_types,
    headers: dto.headers_json,
    timeoutSeconds: dto.timeout_seconds,
    retry: toRetryInput(dto.retry, 'retry'),
    concurrency: dto.concurrency,
    rateLimit: dto.rate_limit,
    orderBy: dto.order_by,
    acknowledgement: dto.acknowledgement && {
      status: dto.acknowledgement.status,
      contentType: dto.acknowledgement.content_type ?? null,
      body: dto.acknowledgement.body,
    },
    verification: dto.verification && toVerificationInput(dto.verification),
    methods: dto.methods,
    forwardIdentityHeaders: dto.forward_identity_headers,
  };
}
