import { IsInt, IsString, Length, Matches, Max, Min } from 'class-validator';
import { Doc } from './doc';
import { IfGiven } from './given';

/** The signing secret of an endpoint. The core checks it too, and refuses every kind of white space alone. */
export function IsEndpointSecret(): PropertyDecorator {
  return (target, property) => {
    IfGiven()(target, property);
    IsString()(target, property);
    Length(1, 512)(target, property);
    Matches(/^[ \xa0]*[!-~\xa1-\uffff][ -~\xa0-\uffff]*$/, {
      message: 'secret must be a text that is not blank and has no control characters such as line breaks',
    })(target, property);
  };
}

export class RotateSecretDto {
  @Doc('Seconds that the previous secret stays valid beside the new one. Default 86400.')
  @IfGiven()
  @IsInt()
  @Min(0)
  @Max(604_800)
  overlap_seconds?: number;
}
