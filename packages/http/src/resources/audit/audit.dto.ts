import { IsOptional, Matches } from 'class-validator';
import { rules, auditActions, type AuditAction } from '@paggio/core';
import { Rule } from '../../dto/rule';
import { ID, PageQueryDto } from '../shared/page.dto';

export class AuditQueryDto extends PageQueryDto {
  @Rule(rules.optional(rules.oneOf(auditActions))) action?: AuditAction;
  @IsOptional() @Matches(ID, { message: 'object_id must be an id.' }) object_id?: string;
}
