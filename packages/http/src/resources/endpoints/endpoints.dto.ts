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

/** The core checks each method. */
const methodsInput: JsonSchema = {
  type: 'array',
  items: { type: 'string', pattern: '^[A-Z][A-Z-]{0,31}$', not: { enum: ['CONNECT'] } },
  minItems: 1,
  maxItems: 20,
  uniqueItems: true,
};

/** The values that `parseOrderBy` of the core accepts. */
const orderByInput: JsonSchema = {
  anyOf: [
    { type: 'string', pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$" },
    { type: 'string', pattern: '^/', maxLength: 256 },
  ],
};

export class AcknowledgementDto {
  @Rule(fields.acknowledgement.status)
  status!: number;
  @Doc(
    'text/plain, application/json, application/xml or text/xml. Null: text/plain, or no content type for an empty body.',
    {
      type: 'string',
      pattern: '^(text/plain|application/json|application/xml|text/xml)( *; *charset="?utf-8"?)?$',
      maxLength: 64,
    },
  )
  @Rule(fields.acknowledgement.contentType)
  content_type!: string | null;

  @Doc('Empty for the statuses 204 and 205, which have no body.')
  @Rule(fields.acknowledgement.body)
  body!: string;
}

export class VerificationDto {
  @Doc('A provider name from the catalogue (GET /api/v1/providers), or custom together with settings.')
  @Rule(fields.verification.provider)
  provider!: string;

  @Doc("One of the provider's schemes. Null: its strongest one.")
  @Rule(fields.verification.scheme)
  scheme?: string | null;

  @Doc(
    'What the provider calls secret, token or public key, newest first. No answer contains them. Nearly all providers need at least one. A PATCH without this member keeps the stored ones, but must send them again if it changes provider, scheme, settings or public_url.',
    secretsInput,
  )
  @Rule(fields.wireSecrets)
  secrets?: SecretInput[];

  @Doc('The URL as it is configured at the provider. Needed for providers that sign the URL.')
  @Rule(fields.verification.publicUrl)
  public_url?: string | null;

  @Doc('How requests are signed, for the provider custom.', { type: 'object', additionalProperties: true })
  @Rule(fields.verification.settings)
  settings?: Record<string, unknown>;

  @Doc(
    'Secrets or private keys that sign replays to original, staging, local or custom. Null removes one. Default: the newest of secrets. A PATCH that changes provider, scheme, settings or public_url must send each stored one again, or null.',
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
  @Doc(`Where events are delivered to. Empty or null: events are only captured. ${URL_FORM}`, urlOrNone)
  @Rule(fields.endpoint.destinationUrl)
  destination_url?: string | null;

  @Doc('Alias of destination_url. Only one of them can be given.', urlOrNone)
  @Rule(fields.endpoint.destinationUrl)
  url?: string | null;

  @Rule(fields.endpoint.description)
  description?: string | null;

  @Doc(EVENT_TYPES) @Rule(fields.endpoint.eventTypes) event_types?: string[];

  @Doc(`Headers sent with every delivery. They are encrypted at rest. ${HEADERS_FORM}`, headersInput)
  @Rule(fields.endpoint.headers)
  headers_json?: Record<string, string>;

  @Rule(fields.endpoint.timeoutSeconds)
  timeout_seconds?: number;

  @Doc('When and how often failed attempts are repeated. Null: the default policy.', retryInput)
  @Rule(fields.endpoint.retry)
  retry?: object | null;

  @Doc('Largest number of concurrent deliveries to one destination, counted over all processes.')
  @Rule(fields.endpoint.concurrency)
  concurrency?: number;

  @Doc('Largest number of deliveries per second to each destination. Null: no limit.')
  @Rule(fields.endpoint.rateLimit)
  rate_limit?: number | null;

  @Doc(
    'A header name or a JSON pointer into the body. Events with the same value are delivered in order, one at a time.',
    orderByInput,
  )
  @Rule(fields.endpoint.orderBy)
  order_by?: string | null;

  @Doc('The answer that senders get. Null: the answer that the provider expects.')
  @Nested(() => AcknowledgementDto, rules.optional(rules.nullable(rules.object)))
  acknowledgement?: AcknowledgementDto | null;

  @Doc('How requests are verified. Null: they are not verified.')
  @Nested(() => VerificationDto, rules.optional(rules.nullable(rules.object)))
  verification?: VerificationDto | null;

  @Doc(
    'HTTP methods that are accepted, in upper case and without CONNECT. Null: all. Requests with another method are answered with 405 and not stored. Handshakes of the provider are answered whatever their method.',
    methodsInput,
  )
  @Rule(fields.endpoint.methods)
  methods?: string[] | null;

  @Doc(
    'Passes headers such as X-Forwarded-For and X-Remote-User on to destinations as the sender wrote them. Use it only behind a proxy that sets or removes them.',
  )
  @Rule(fields.endpoint.forwardIdentityHeaders)
  forward_identity_headers?: boolean;
}

export class EndpointCreateDto extends EndpointSettingsDto {
  @Rule(fields.endpoint.name)
  name!: string;

  @Doc('Use it instead of destination_url.')
  @Nested(() => DestinationCreateDto, rules.optional(rules.list(rules.object, { max: 100 })))
  destinations?: DestinationCreateDto[];

  @Doc(
    'The secret that signs deliveries and signed ingest: any text that is not blank. Default: whsec_ followed by 32 random bytes in base64. For the header webhook-signature, the key is the decoded base64 after whsec_, or the whole text if it is not base64. For X-PJ-Signature, the key is always the whole text.',
  )
  @Rule(fields.endpoint.secret)
  secret?: string;
}

export class EndpointUpdateDto extends EndpointSettingsDto {
  @Rule(rules.optional(fields.endpoint.name))
  name?: string;

  @Doc('The complete list: a destination that is left out is deleted. Use it instead of destination_url.')
  @Nested(() => DestinationItemDto, rules.optional(rules.list(rules.object, { max: 100 })))
  destinations?: DestinationItemDto[];

  @Doc('PAUSED keeps capturing but holds deliveries. ACTIVE resumes them.')
  @Rule(fields.endpoint.status)
  status?: 'ACTIVE' | 'PAUSED';
}
