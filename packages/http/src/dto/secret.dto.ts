import { IsInt, Max, Min } from 'class-validator';
import { Doc } from './doc';
import { IfGiven } from './given';

export class RotateSecretDto {
  @Doc('Seconds that the previous secret stays valid beside the new one. Default 86400.')
  @IfGiven()
  @IsInt()
  @Min(0)
  @Max(604_800)
  overlap_seconds?: number;
}
