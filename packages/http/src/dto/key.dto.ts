import {
  ArrayNotEmpty,
  ArrayUnique,
  IsArray,
  IsIn,
  IsISO8601,
  IsOptional,
  IsString,
  Length,
  Matches,
  ValidateIf,
} from 'class-validator';
import { scopes, type Mode, type Scope } from '@paggio/core';

export class KeyCreateDto {
  @IsString() @Length(1, 200) @Matches(/\S/, { message: 'name must not be blank.' }) name!: string;
  @ValidateIf((_, value) => value !== undefined) @IsIn(['live', 'test']) mode?: Mode;
  @ValidateIf((_, value) => value !== undefined)
  @IsArray()
  @ArrayNotEmpty()
  @ArrayUnique()
  @IsIn(scopes, { each: true })
  scopes?: Scope[];
  @IsOptional() @IsISO8601({ strict: true }) expires_at?: string | null;
  @ValidateIf((_, value) => value !== undefined) @IsString() @Length(1, 128) user_id?: string;
}
