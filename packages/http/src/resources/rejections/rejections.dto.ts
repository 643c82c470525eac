import { IsOptional, Matches } from 'class-validator';
import { ENDPOINT_ID, PageQueryDto } from '../shared/page.dto';

export class RejectionQueryDto extends PageQueryDto {
  @IsOptional() @Matches(ENDPOINT_ID, { message: 'endpoint_id must be the id of an endpoint.' }) endpoint_id?: string;
}
