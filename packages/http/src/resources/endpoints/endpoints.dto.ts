import { fields, rules } from '@paggio/core';
import { Doc } from '../../dto/doc';
import { Also, both } from '../../dto/forms';
import { Nested } from '../../dto/nested';
import { Rule } from '../../dto/rule';
import { URL_FORM, urlOrNone } from '../../dto/url';
import type { JsonSchema } from '../../openapi/schema';
import { DestinationCreateDto, DestinationItemDto, EVENT_TYPES } from '../destinations/destinations.dto';
import { retryInput } from '../retry-policy/retry-policy.dto';
import { HEADERS_FORM, headersInput } from '../shared/custom-headers';
import { replaySecretsInput, secretsInput, type SecretInput } from './secret-input';

/** The core checks them one by one. */
const methodsInput: JsonSchema = {
  type: 'array',
  items: { type: 'string', pattern: '^[A-Z][A-Z-]{0,31}$', not: { enum: ['CONNECT'] } },
  minItems: 1,
  maxItems: 20,
  uniqueItems: true,
};

/** What `parseOrderBy` of the core takes. */
const orderByInput: JsonSchema = {
  anyOf: [
    { type: 'string', pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$" },
    { type: 'string', pattern: '^/', maxLength: 256 },
  ],
};

export class AcknowledgementDto {
  @Rule(fields.acknowledgement.status)
  status!: number;
  @Doc('text/plain, application/json, application/xml or text/xml; null: text/plain, or none for an empty body.', {
    type: 'string',
    pattern: '^(text/plain|application/json|application/xml|text/xml)( *; *charset="?utf-8"?)?$',
    maxLength: 64,
  })
  @Rule(fields.acknowledgement.contentType)
  content_type!: string | null;

  @Doc('Empty for the statuses 204 and 205, which have no body.')
  @Rule(fields.acknowledgement.body)
  body!: string;
}

export class VerificationDto {
  @Doc('A name of the catalogue (GET /api/v1/providers), or custom with settings.')
  @Rule(fields.verification.provider)
  provider!: string;

  @Doc("One of the provider's schemes; null: its strongest.")
  @Rule(fields.verification.scheme)
  scheme?: string | null;

  @Doc(
    'What the provider calls secret, token or public key, newest first; never read back. Nearly all providers need at least one. Left out in a PATCH: the stored ones stay. A PATCH that changes provider, scheme, settings or public_url has to send them again.',
    secretsInput,
  )
  @Rule(fields.verification.secrets)
  secrets?: SecretInput[];

  @Doc('The URL as configured at the provider, for those that sign it.')
  @Rule(fields.verification.publicUrl)
  public_url?: string | null;

  @Doc('For custom: how requests are signed.', { type: 'object', additionalProperties: true })
  @Rule(fields.verification.settings)
  settings?: Record<string, unknown>;

  @Doc(
    'Secrets (or private keys) that replays to original, staging, local or custom are signed with; null removes one. Default: the newest of secrets. A PATCH that changes provider, scheme, settings or public_url has to send each stored one again, or null.',
    replaySecretsInput,
  )
  @Rule(fields.verification.replaySecrets)
  replay_secrets?: Record<string, string | null>;
}

/** Every setting that can be given on creation and changed later. */
@Also({
  not: {
    anyOf: [both('destination_url', 'url'), both('destinations', 'destination_url'), both('destinations', 'url')],
  },
})
export class EndpointSettingsDto {
  @Doc(`Where events go; empty or null: capture only. ${URL_FORM}`, urlOrNone)
  @Rule(fields.endpoint.destinationUrl)
  destination_url?: string | null;

  @Doc('Another name of destination_url. Only one of them can be given.', urlOrNone)
  @Rule(fields.endpoint.destinationUrl)
  url?: string | null;

  @Rule(fields.endpoint.description)
  description?: string | null;

  @Doc(EVENT_TYPES) @Rule(fields.endpoint.eventTypes) event_types?: string[];

  @Doc(`Sent with every delivery. Encrypted at rest. ${HEADERS_FORM}`, headersInput)
  @Rule(fields.endpoint.headers)
  headers_json?: Record<string, string>;

  @Rule(fields.endpoint.timeoutSeconds)
  timeout_seconds?: number;

  @Doc('Null: the default policy.', retryInput)
  @Rule(fields.endpoint.retry)
  retry?: object | null;

  @Doc('Deliveries to one destination at the same time, of all processes together.')
  @Rule(fields.endpoint.concurrency)
  concurrency?: number;

  @Doc('Deliveries per second to each destination; null: no limit.')
  @Rule(fields.endpoint.rateLimit)
  rate_limit?: number | null;

  @Doc(
    'A header name or a JSON pointer into the body: events with the same value are delivered one after the other.',
    orderByInput,
  )
  @Rule(fields.endpoint.orderBy)
  order_by?: string | null;

  @Doc("Replaces the answer to senders; null: the provider's.")
  @Nested(() => AcknowledgementDto, rules.optional(rules.nullable(rules.object)))
  acknowledgement?: AcknowledgementDto | null;

  @Doc('Null: nothing is verified.')
  @Nested(() => VerificationDto, rules.optional(rules.nullable(rules.object)))
  verification?: VerificationDto | null;

  @Doc(
    "Methods that are taken in, in upper case and without CONNECT; null: all. Others are answered 405 and not stored. The provider's handshakes are answered whatever their method is.",
    methodsInput,
  )
  @Rule(fields.endpoint.methods)
  methods?: string[] | null;

  @Doc(
    'Deliveries carry headers such as X-Forwarded-For and X-Remote-User as the sender wrote them. Only for gateways behind a proxy that sets or removes them.',
  )
  @Rule(fields.endpoint.forwardIdentityHeaders)
  forward_identity_headers?: boolean;
}

export class EndpointCreateDto extends EndpointSettingsDto {
  @Rule(fields.endpoint.name)
  name!: string;

  @Doc('Instead of destination_url.')
  @Nested(() => DestinationCreateDto, rules.optional(rules.list(rules.object, { max: 100 })))
  destinations?: DestinationCreateDto[];

  @Doc(
    'Signs deliveries and signed ingest: any text that is not blank. Default: whsec_ and base64 of 32 random bytes. For the header webhook-signature the key is the bytes of the base64 behind whsec_, or the whole text where it is no base64; for X-PJ-Signature always the whole text.',
  )
  @Rule(fields.endpoint.secret)
  secret?: string;
}

export class EndpointUpdateDto extends EndpointSettingsDto {
  @Rule(rules.optional(fields.endpoint.name))
  name?: string;

  @Doc('All of them: what is left out is removed. Instead of destination_url.')
  @Nested(() => DestinationItemDto, rules.optional(rules.list(rules.object, { max: 100 })))
  destinations?: DestinationItemDto[];

  @Doc('PAUSED keeps capturing and holds deliveries, ACTIVE resumes them.')
  @Rule(fields.endpoint.status)
  status?: 'ACTIVE' | 'PAUSED';
}
