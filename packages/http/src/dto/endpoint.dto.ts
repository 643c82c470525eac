import { Type } from 'class-transformer';
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
  ValidateNested,
} from 'class-validator';
import { DestinationItemDto, IsEventTypes } from './destination.dto';
import { IfGiven } from './given';

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
  /** All of them; not together with `destination_url`. */
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Type(() => DestinationItemDto)
  destinations?: DestinationItemDto[];
  @IsEventTypes() event_types?: string[];
  @IfGiven() @IsObject() headers_json?: Record<string, string>;
  @IfGiven() @IsInt() @Min(1) @Max(60) timeout_seconds?: number;
  @IsOptional() @IsObject() retry?: object | null;
  @IfGiven() @IsInt() @Min(1) @Max(1000) concurrency?: number;
  @IsOptional() @IsInt() @Min(1) @Max(10_000) rate_limit?: number | null;
  @IsOptional() @IsString() @Length(1, 256) order_by?: string | null;
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
