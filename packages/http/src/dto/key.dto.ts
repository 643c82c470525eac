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
import { invalid, scopes, type KeyInput, type Mode, type Scope } from '@paggio/core';
import { Doc } from './doc';
import { IfGiven } from './given';
import { toTime } from './list.dto';

export class KeyCreateDto {
  @IsString() @Length(1, 200) @Matches(/\S/, { message: 'name must not be blank.' }) name!: string;

  @Doc('Default: the mode of the key that asks.')
  @IfGiven()
  @IsIn(['live', 'test'])
  mode?: Mode;

  @Doc('Default read, write and ingest. Nobody grants a scope they lack.')
  @IfGiven()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayUnique()
  @IsIn(scopes, { each: true })
  scopes?: Scope[];

  @Doc('Null: never.')
  @IsOptional()
  @IsISO8601({ strict: true })
  expires_at?: string | null;

  @Doc('Whose objects it works on; default: the user of the key that asks.')
  @IfGiven()
  @IsString()
  @Length(1, 128)
  user_id?: string;
}

/** @throws PaggioError `VALIDATION_FAILED` */
export function toKeyInput(dto: KeyCreateDto): KeyInput {
  const expiresAt = dto.expires_at ? toTime(dto.expires_at) : null;
  if (expiresAt === undefined)
    throw invalid([{ field: 'expires_at', message: 'expires_at must be an ISO 8601 time.' }]);
  return { name: dto.name, mode: dto.mode, scopes: dto.scopes, expiresAt, userId: dto.user_id };
}
