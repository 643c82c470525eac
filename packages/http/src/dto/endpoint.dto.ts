import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
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
import { DestinationItemDto, headersInput, IsEventTypes, retryInput, URL_FORM } from './destination.dto';
import { Doc } from './doc';
import { IfGiven } from './given';
import { Nested } from './nested';
import type { JsonSchema } from '../openapi/schema';
import { IsEndpointSecret } from './secret.dto';
import { IsReplaySecrets, IsSecret, replaySecretsInput, secretsInput, type SecretInput } from './secret';

/** The core checks them one by one. */
const methodsInput: JsonSchema = {
  type: 'array',
  items: { type: 'string', pattern: '^[A-Z][A-Z-]{0,31}$' },
  minItems: 1,
  maxItems: 20,
  uniqueItems: true,
};

export class AcknowledgementDto {
  @IsInt() @Min(200) @Max(299) status!: number;
  @Doc('text/plain, application/json, application/xml or text/xml; null: text/plain, or none for an empty body.')
  @IsOptional()
  @IsString()
  @MaxLength(64)
  content_type!: string | null;

  @Doc('Empty for the statuses 204 and 205, which have no body.')
  @IsString()
  @MaxLength(65_536)
  body!: string;
}

export class VerificationDto {
  @Doc('A name of the catalogue (GET /api/v1/providers), or custom with settings.')
  @IsString()
  @Length(1, 64)
  provider!: string;

  @Doc("One of the provider's schemes; null: its strongest.")
  @IsOptional()
  @IsString()
  @MaxLength(64)
  scheme?: string | null;

  @Doc(
    'What the provider calls secret, token or public key, newest first; never read back. Left out in a PATCH: the stored ones stay. A PATCH that changes provider, scheme, settings or public_url has to send them again.',
    secretsInput,
  )
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(20)
  @IsSecret({ each: true })
  secrets?: SecretInput[];

  @Doc('The URL as configured at the provider, for those that sign it.')
  @IsOptional()
  @Matches(/^https?:\/\/\S{1,2000}$/, {
    message: 'public_url must be the http or https URL as configured at the provider.',
  })
  public_url?: string | null;

  @Doc('For custom: how requests are signed.', { type: 'object', additionalProperties: true })
  @IfGiven()
  @IsObject()
  settings?: Record<string, unknown>;

  @Doc(
    'Secrets (or private keys) that replays to original, staging, local or custom are signed with; null removes one. Default: the newest of secrets. A PATCH that changes provider, scheme, settings or public_url has to send each stored one again, or null.',
    replaySecretsInput,
  )
  @IfGiven()
  @IsReplaySecrets()
  replay_secrets?: Record<string, string | null>;
}

/** Every setting that can be given on creation and changed later. */
export class EndpointSettingsDto {
  @Doc(`Where events go; empty or null: capture only. ${URL_FORM}`)
  @IsOptional()
  @IsString()
  @MaxLength(2048)
  destination_url?: string | null;

  @Doc('Another name of destination_url.')
  @IsOptional()
  @IsString()
  @MaxLength(2048)
  url?: string | null;

  @IsOptional() @IsString() @MaxLength(2000) description?: string | null;

  @Doc('All of them: what is left out is removed. Not together with destination_url.')
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(100)
  @Nested(() => DestinationItemDto, { each: true })
  destinations?: DestinationItemDto[];

  @IsEventTypes() event_types?: string[];

  @Doc('Sent with every delivery. Encrypted at rest.', headersInput)
  @IfGiven()
  @IsObject()
  headers_json?: Record<string, string>;

  @IfGiven() @IsInt() @Min(1) @Max(60) timeout_seconds?: number;

  @Doc('Null: the default policy.', retryInput)
  @IsOptional()
  @IsObject()
  retry?: object | null;

  @Doc('Deliveries to one destination at the same time, of all processes together.')
  @IfGiven()
  @IsInt()
  @Min(1)
  @Max(1000)
  concurrency?: number;

  @Doc('Deliveries per second to each destination; null: no limit.')
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(10_000)
  rate_limit?: number | null;

  @Doc('A header name or a JSON pointer into the body: events with the same value are delivered one after the other.')
  @IsOptional()
  @IsString()
  @Length(1, 256)
  order_by?: string | null;

  @Doc("Replaces the answer to senders; null: the provider's.")
  @IsOptional()
  @Nested(() => AcknowledgementDto)
  acknowledgement?: AcknowledgementDto | null;

  @Doc('Null: nothing is verified.')
  @IsOptional()
  @Nested(() => VerificationDto)
  verification?: VerificationDto | null;

  @Doc(
    "Methods that are taken in, in upper case and without CONNECT; null: all. Others are answered 405 and not stored. The provider's handshakes are answered whatever their method is.",
    methodsInput,
  )
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(20)
  @IsString({ each: true, message: 'methods must be a list of HTTP methods.' })
  methods?: string[] | null;

  @Doc(
    'Deliveries carry headers such as X-Forwarded-For and X-Remote-User as the sender wrote them. Only for gateways behind a proxy that sets or removes them.',
  )
  @IfGiven()
  @IsBoolean()
  forward_identity_headers?: boolean;
}

export class EndpointCreateDto extends EndpointSettingsDto {
  @IsString() @Length(1, 200) @Matches(/\S/, { message: 'name must not be blank.' }) name!: string;

  @Doc(
    'Signs deliveries and signed ingest: any text that is not blank. Default: whsec_ and base64 of 32 random bytes. For the header webhook-signature the key is the bytes of the base64 behind whsec_, or the whole text where it is no base64; for X-PJ-Signature always the whole text.',
  )
  @IsEndpointSecret()
  secret?: string;
}

export class EndpointUpdateDto extends EndpointSettingsDto {
  @IfGiven() @IsString() @Length(1, 200) @Matches(/\S/, { message: 'name must not be blank.' }) name?: string;

  @Doc('PAUSED keeps capturing and holds deliveries, ACTIVE resumes them.')
  @IfGiven()
  @IsIn(['ACTIVE', 'PAUSED'])
  status?: 'ACTIVE' | 'PAUSED';
}
