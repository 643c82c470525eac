import { ArrayNotEmpty, ArrayUnique, IsArray, IsIn, IsOptional, IsString, Length, Matches } from 'class-validator';
import { parseTime, scopes, type KeyInput, type Mode, type Scope } from '@paggio/core';
import { Doc } from './doc';
import { IfGiven } from './given';
import { IsTime } from './time';

export class KeyCreateDto {
  @IsString() @Length(1, 200) @Matches(/\S/, { message: 'name must not be blank.' }) name!: string;

  @Doc('Default: the mode of the key that asks.')
  @IfGiven()
  @IsIn(['live', 'test'])
  mode?: Mode;

  @Doc(
    'Default: those of read, write and ingest that the key which asks has. Nobody grants a scope they lack; admin includes resign.',
  )
  @IfGiven()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayUnique()
  @IsIn(scopes, { each: true })
  scopes?: Scope[];

  @Doc('No later than the end of the key that asks, and by default the same. Null: never.')
  @IsOptional()
  @IsTime()
  expires_at?: string | null;

  @Doc('Whose objects it works on; default: the user of the key that asks. Another user needs the scope operator.')
  @IfGiven()
  @IsString()
  @Length(1, 128)
  user_id?: string;
}

export function toKeyInput(dto: KeyCreateDto): KeyInput {
  const expiresAt = typeof dto.expires_at === 'string' ? parseTime(dto.expires_at) : dto.expires_at;
  return { name: dto.name, mode: dto.mode, scopes: dto.scopes, expiresAt, userId: dto.user_id };
}
