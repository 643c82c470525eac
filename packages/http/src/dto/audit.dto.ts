import { IsIn, IsOptional, Matches } from 'class-validator';
import { auditActions, type AuditAction } from '@paggio/core';
import { ID, PageQueryDto } from './list.dto';

export class AuditQueryDto extends PageQueryDto {
  @IsOptional() @IsIn(auditActions) action?: AuditAction;
  @IsOptional() @Matches(ID, { message: 'object_id must be an id.' }) object_id?: string;
}
