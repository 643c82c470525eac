import { IsOptional, Matches } from 'class-validator';
import { rules, auditActions, type AuditAction } from '@paggio/core';
import { Rule } from './rule';
import { ID, PageQueryDto } from './list.dto';

export class AuditQueryDto extends PageQueryDto {
  @Rule(rules.optional(rules.oneOf(auditActions))) action?: AuditAction;
  @IsOptional() @Matches(ID, { message: 'object_id must be an id.' }) object_id?: string;
}
