import { retryPresets, fields, rules } from '@paggio/core';
import { array, object, oneOf, type JsonSchema } from '../openapi/schema';
import { Doc } from './doc';
import { Also, given } from './forms';
import { Rule } from './rule';
import { Nested } from './nested';
import { URL_FORM, urlInput } from './url';

export const EVENT_TYPES = 'Exact, or a prefix with a trailing .*; empty: all.';

const range = (minimum: number, maximum: number): JsonSchema => ({ type: 'number', minimum, maximum });

const presets = (isSchedule: boolean): string[] =>
  Object.entries(retryPresets)
    .filter(([, policy]) => 'schedule_seconds' in policy === isSchedule)
    .map(([name]) => name);

/** What `parseRetryPolicy` of the core takes. */
export const retryInput: JsonSchema = {
  anyOf: [
    object({
      'preset?': oneOf(presets(false)),
      'max_attempts?': { type: 'integer', minimum: 1, maximum: 100 },
      'base_seconds?': range(1, 86_400),
      'factor?': range(1, 10),
      'cap_seconds?': range(1, 604_800),
      'floor_seconds?': range(0, 3600),
      'jitter?': oneOf(['full', 'equal', 'none']),
      'client_errors?': oneOf(['retry', 'fail']),
    }),
    object({ preset: oneOf(presets(true)), 'client_errors?': oneOf(['retry', 'fail']) }),
    object({
      schedule_seconds: { ...array(range(0, 604_800)), minItems: 1, maxItems: 100 },
      'client_errors?': oneOf(['retry', 'fail']),
    }),
  ],
};

/** Names and values that the core checks one by one. */
export const headersInput: JsonSchema = {
  type: 'object',
  maxProperties: 50,
  propertyNames: { pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}$" },
  additionalProperties: { type: 'string', pattern: '^[\\t\\x20-\\x7e\\x80-\\xff]{0,8192}$' },
};

/** What the core checks about all of them together. */
export const HEADERS_FORM =
  'Each name once, whatever its case, and none that belongs to HTTP or to Paggio; names and values have at most 16384 characters together.';

@Also({ anyOf: [given('certificate', 'private_key'), given('certificate_authorities')] })
export class DestinationTlsDto {
  @Doc('The client certificate in PEM, followed by its intermediate certificates. Needs private_key.')
  @Rule(fields.destinationTls.certificate)
  certificate?: string | null;

  @Doc(
    'The key of the client certificate, in PEM without a passphrase. It is encrypted at rest, and no answer contains it.',
  )
  @Rule(fields.destinationTls.privateKey)
  private_key?: string | null;

  @Doc('Certificate authorities in PEM that are trusted for this destination, in addition to the usual ones.')
  @Rule(fields.destinationTls.certificateAuthorities)
  certificate_authorities?: string | null;
}

export class DestinationSettingsDto {
  @Doc('Default: default for the first, else the host of the URL.')
  @Rule(fields.destination.name)
  name?: string;

  @Doc(EVENT_TYPES) @Rule(fields.destination.eventTypes) event_types?: string[];

  @Doc(`On top of the endpoint's. Encrypted at rest. ${HEADERS_FORM}`, headersInput)
  @Rule(fields.destination.headers)
  headers_json?: Record<string, string>;

  @Doc(
    'Client certificate and further certificate authorities. Replaced as a whole; null removes them; left out, they stay. The URL must be https.',
  )
  @Nested(() => DestinationTlsDto, rules.optional(rules.nullable(rules.object)))
  tls?: DestinationTlsDto | null;

  @Doc("Null: the endpoint's.")
  @Rule(fields.destination.timeoutSeconds)
  timeout_seconds?: number | null;

  @Doc("Null: the endpoint's.", retryInput)
  @Rule(fields.destination.retry)
  retry?: object | null;

  @Doc('PAUSED holds its deliveries, ACTIVE resumes them.')
  @Rule(fields.destination.status)
  status?: 'ACTIVE' | 'PAUSED';
}

export class DestinationCreateDto extends DestinationSettingsDto {
  @Doc(URL_FORM, urlInput)
  @Rule(fields.destination.url)
  url!: string;
}

export class DestinationUpdateDto extends DestinationSettingsDto {
  @Doc(URL_FORM, urlInput)
  @Rule(rules.optional(fields.destination.url))
  url?: string;
}

/** An entry of an endpoint's `destinations`: with an id one that is there already. */
@Also({ anyOf: [{ required: ['id'] }, { required: ['url'] }] })
export class DestinationItemDto extends DestinationUpdateDto {
  @Doc('Of a destination that is there already; without: a new one.')
  @Rule(fields.destination.id)
  id?: string;
}
