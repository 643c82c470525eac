import { IsOptional } from 'class-validator';
import { parseTime, type KeyInput, type Mode, type Scope, fields } from '@paggio/core';
import { Doc } from '../../dto/doc';
import { Rule } from '../../dto/rule';
import { IsTime } from '../../dto/time';

export class KeyCreateDto {
  @Rule(fields.key.name)
  name!: string;

  @Doc('Default: the mode of the key that asks.')
  @Rule(fields.key.mode)
  mode?: Mode;

  @Doc(
    'Default: those of read, write and ingest that the key which asks has. Nobody grants a scope they lack; admin includes resign.',
  )
  @Rule(fields.key.scopes)
  scopes?: Scope[];

  @Doc('In the future, and no later than the end of the key that asks. Default: the same as that. Null: never.')
  @IsOptional()
  @IsTime()
  expires_at?: string | null;

  @Doc('Whose objects it works on; default: the user of the key that asks. Another user needs the scope operator.')
  @Rule(fields.key.userId)
  user_id?: string;
}

export function toKeyInput(dto: KeyCreateDto): KeyInput {
  const expiresAt = typeof dto.expires_at === 'string' ? parseTime(dto.expires_at) : dto.expires_at;
  return { name: dto.name, mode: dto.mode, scopes: dto.scopes, expiresAt, userId: dto.user_id };
}
