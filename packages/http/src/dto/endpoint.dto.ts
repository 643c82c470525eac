import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  Equals,
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
  ValidateIf,
  ValidateNested,
} from 'class-validator';

const given = (_: object, value: unknown): boolean => value !== undefined;
/** Optional, but null is not the same as left out. */
const IfGiven = (): PropertyDecorator => ValidateIf(given as never);

export class AcknowledgementDto {
  @IsInt() @Min(200) @Max(299) status!: number;
  @IsOptional() @Matches(/^[\x20-\x7e]{1,256}$/, { message: 'content_type must be a media type.' }) content_type!:
    string | null;
  @IsString() @MaxLength(65_536) body!: string;
}

export class VerificationDto {
  @IsString() @Length(1, 64) provider!: string;
  @IsOptional() @IsString() @MaxLength(64) scheme?: string | null;
  @IfGiven() @IsArray() @ArrayMaxSize(20) secrets?: (string | SecretDto)[];
  @IsOptional()
  @Matches(/^https?:\/\/\S{1,2000}$/, {
    message: 'public_url must be the http or https URL as configured at the provider.',
  })
  public_url?: string | null;
  @IfGiven() @IsObject() settings?: Record<string, unknown>;
}

export interface SecretDto {
  value: string;
  expires_at?: string | null;
}

/** Every setting that can be given on creation and changed later. */
export class EndpointSettingsDto {
  @IsOptional() @IsString() @MaxLength(2048) destination_url?: string | null;
  /** Alias of `destination_url`. */
  @IsOptional() @IsString() @MaxLength(2048) url?: string | null;
  @IsOptional() @IsString() @MaxLength(2000) description?: string | null;
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(100)
  @Matches(/^[A-Za-z0-9_./:-]{1,128}(\.\*)?$/, {
    each: true,
    message: 'event_types must be a list of event types, exact or with a trailing .*',
  })
  event_types?: string[];
  @IfGiven() @IsObject() headers_json?: Record<string, string>;
  @IfGiven() @IsInt() @Min(1) @Max(60) timeout_seconds?: number;
  @IsOptional() @IsObject() retry?: object | null;
  @IfGiven() @IsInt() @Min(1) @Max(1000) concurrency?: number;
  // Their place in the contract is kept; what would not be obeyed is refused.
  @IfGiven() @Equals(null, { message: 'rate_limit is not available in this version: only null.' }) rate_limit?: null;
  @IfGiven() @Equals(null, { message: 'order_by is not available in this version: only null.' }) order_by?: null;
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => AcknowledgementDto)
  acknowledgement?: AcknowledgementDto | null;
  @IsOptional() @IsObject() @ValidateNested() @Type(() => VerificationDto) verification?: VerificationDto | null;
}

export class EndpointCreateDto extends EndpointSettingsDto {
  @IsString() @Length(1, 200) @Matches(/\S/, { message: 'name must not be blank.' }) name!: string;
  @IfGiven() @IsString() @Length(8, 256) secret?: string;
}

export class EndpointUpdateDto extends EndpointSettingsDto {
  @IfGiven() @IsString() @Length(1, 200) @Matches(/\S/, { message: 'name must not be blank.' }) name?: string;
  @IfGiven() @IsIn(['ACTIVE', 'PAUSED']) status?: 'ACTIVE' | 'PAUSED';
}
