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
  Min,
} from 'class-validator';
import { IfGiven } from './given';
import { ID } from './list.dto';

const STATUSES = ['ACTIVE', 'PAUSED'] as const;
const EVENT_TYPES = {
  each: true,
  message: 'event_types must be a list of event types, exact or with a trailing .*',
};

/** A list of filters by event type. */
export function IsEventTypes(): PropertyDecorator {
  return (target, property) => {
    IfGiven()(target, property);
    IsArray()(target, property);
    ArrayMaxSize(100)(target, property);
    Matches(/^[A-Za-z0-9_./:-]{1,128}(\.\*)?$/, EVENT_TYPES)(target, property);
  };
}

export class DestinationSettingsDto {
  @IfGiven() @IsString() @Length(1, 200) @Matches(/\S/, { message: 'name must not be blank.' }) name?: string;
  @IsEventTypes() event_types?: string[];
  @IfGiven() @IsObject() headers_json?: Record<string, string>;
  @IsOptional() @IsInt() @Min(1) @Max(60) timeout_seconds?: number | null;
  @IsOptional() @IsObject() retry?: object | null;
  @IfGiven() @IsIn(STATUSES) status?: 'ACTIVE' | 'PAUSED';
}

export class DestinationCreateDto extends DestinationSettingsDto {
  @IsString() @Length(1, 2048) url!: string;
}

export class DestinationUpdateDto extends DestinationSettingsDto {
  @IfGiven() @IsString() @Length(1, 2048) url?: string;
}

/** An entry of an endpoint's `destinations`: with an id one that is there already. */
export class DestinationItemDto extends DestinationUpdateDto {
  @IfGiven() @Matches(ID, { message: 'id must be the id of a destination.' }) id?: string;
}
