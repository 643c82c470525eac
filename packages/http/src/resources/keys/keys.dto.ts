import { IsOptional } from 'class-validator';
import { parseTime, type KeyInput, type Mode, type Scope, fields } from '@paggio/core';
import { Doc } from '../../dto/doc';
import { Rule } from '../../dto/rule';
import { IsTime } from '../../dto/time';

export class KeyCreateDto {
  @Rule(fields.key.name)
  name!: string;

  @Doc('Default: the mode of the key that makes the request.')
  @Rule(fields.key.mode)
  mode?: Mode;

  @Doc(
    'Default: read, write and ingest, as far as the key that makes the request has them. A key can only grant scopes that it has; admin includes resign.',
  )
  @Rule(fields.key.scopes)
  scopes?: Scope[];

  @Doc(
    'When the key expires. In the future, and no later than the key that makes the request, whose expiry is the default. Null: never.',
  )
  @IsOptional()
  @IsTime()
  expires_at?: string | null;

  @Doc(
    'The user whose objects the key can access. Default: the user of the key that makes the request. Another user needs the scope operator.',
  )
  @Rule(fields.key.userId)
  user_id?: string;
}

export function toKeyInput(dto: KeyCreateDto): KeyInput {
  const expiresAt = typeof dto.expires_at === 'string' ? parseTime(dto.expires_at) : dto.expires_at;
  return { name: dto.name, mode: dto.mode, scopes: dto.scopes, expiresAt, userId: dto.user_id };
}
