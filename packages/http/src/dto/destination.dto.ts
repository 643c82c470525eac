import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { retryPresets } from '@paggio/core';
import { array, object, oneOf, type JsonSchema } from '../openapi/schema';
import { Doc } from './doc';
import { IfGiven } from './given';
import { BARE_ID } from './list.dto';
import { Nested } from './nested';

const STATUSES = ['ACTIVE', 'PAUSED'] as const;
const EVENT_TYPES = {
  each: true,
  message: 'event_types must be a list of event types, exact or with a trailing .*',
};

/** A list of filters by event type. */
export function IsEventTypes(): PropertyDecorator {
  return (target, property) => {
    Doc('Exact, or a prefix with a trailing .*; empty: all.')(target, property);
    IfGiven()(target, property);
    IsArray()(target, property);
    ArrayMaxSize(100)(target, property);
    Matches(/^[A-Za-z0-9_./:-]{1,128}(\.\*)?$/, EVENT_TYPES)(target, property);
  };
}

const range = (minimum: number, maximum: number): JsonSchema => ({ type: 'number', minimum, maximum });

/** What `parseRetryPolicy` of the core takes. */
export const retryInput: JsonSchema = {
  anyOf: [
    object({
      'preset?': oneOf(Object.keys(retryPresets)),
      'max_attempts?': { type: 'integer', minimum: 1, maximum: 100 },
      'base_seconds?': range(1, 86_400),
      'factor?': range(1, 10),
      'cap_seconds?': range(1, 604_800),
      'floor_seconds?': range(0, 3600),
      'jitter?': oneOf(['full', 'equal', 'none']),
      'client_errors?': oneOf(['retry', 'fail']),
    }),
    object({
      schedule_seconds: { ...array(range(0, 604_800)), minItems: 1, maxItems: 100 },
      'client_errors?': oneOf(['retry', 'fail']),
    }),
  ],
};

/** Names and values that the core checks one by one. */
export const headersInput: JsonSchema = {
  type: 'object',
  additionalProperties: { type: 'string', maxLength: 8192 },
};

export class DestinationTlsDto {
  @Doc('The client certificate in PEM, followed by its intermediate certificates. Needs private_key.')
  @IsOptional()
  @IsString()
  @MaxLength(32_768)
  certificate?: string | null;

  @Doc(
    'The key of the client certificate, in PEM without a passphrase. It is encrypted at rest, and no answer contains it.',
  )
  @IsOptional()
  @IsString()
  @MaxLength(32_768)
  private_key?: string | null;

  @Doc('Certificate authorities in PEM that are trusted for this destination, in addition to the usual ones.')
  @IsOptional()
  @IsString()
  @MaxLength(32_768)
  certificate_authorities?: string | null;
}

export class DestinationSettingsDto {
  @Doc('Default: default for the first, else the host of the URL.')
  @IfGiven()
  @IsString()
  @Length(1, 200)
  @Matches(/\S/, { message: 'name must not be blank.' })
  name?: string;

  @IsEventTypes() event_types?: string[];

  @Doc("On top of the endpoint's. Encrypted at rest.", headersInput)
  @IfGiven()
  @IsObject()
  headers_json?: Record<string, string>;

  @Doc(
    'Client certificate and further certificate authorities. Replaced as a whole; null removes them; left out, they stay. The URL must be https.',
  )
  @IsOptional()
  @Nested(() => DestinationTlsDto)
  tls?: DestinationTlsDto | null;

  @Doc("Null: the endpoint's.")
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(60)
  timeout_seconds?: number | null;

  @Doc("Null: the endpoint's.", retryInput)
  @IsOptional()
  @IsObject()
  retry?: object | null;

  @Doc('PAUSED holds its deliveries, ACTIVE resumes them.')
  @IfGiven()
  @IsIn(STATUSES)
  status?: 'ACTIVE' | 'PAUSED';
}

/** What the address check asks of a URL. No pattern can say it: it looks the host up. */
export const URL_FORM =
  'An http or https URL with a public address, without a user name, a password, spaces, control characters or port 0.';

export class DestinationCreateDto extends DestinationSettingsDto {
  @Doc(URL_FORM)
  @IsString()
  @Length(1, 2048)
  url!: string;
}

export class DestinationUpdateDto extends DestinationSettingsDto {
  @Doc(URL_FORM) @IfGiven() @IsString() @Length(1, 2048) url?: string;
}

/** An entry of an endpoint's `destinations`: with an id one that is there already. */
export class DestinationItemDto extends DestinationUpdateDto {
  @Doc('Of a destination that is there already; without: a new one.')
  @IfGiven()
  @Matches(BARE_ID, { message: 'id must be the id of a destination.' })
  id?: string;
}
