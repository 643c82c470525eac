import { fields } from '@paggio/core';
import { Doc } from '../../dto/doc';
import { Rule } from '../../dto/rule';

export class RotateSecretDto {
  @Doc('Seconds for which the previous secret stays valid next to the new one. Default 86400.')
  @Rule(fields.secretRotation.overlapSeconds)
  overlap_seconds?: number;
}
