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
} from 'class-validator';
import { scopes, type Mode, type Scope } from '@paggio/core';
import { IfGiven } from './given';

export class KeyCreateDto {
  @IsString() @Length(1, 200) @Matches(/\S/, { message: 'name must not be blank.' }) name!: string;
  @IfGiven() @IsIn(['live', 'test']) mode?: Mode;
  @IfGiven()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayUnique()
  @IsIn(scopes, { each: true })
  scopes?: Scope[];
  @IsOptional() @IsISO8601({ strict: true }) expires_at?: string | null;
  @IfGiven() @IsString() @Length(1, 128) user_id?: string;
}
