import { ValidateIf } from 'class-validator';

/** Optional, but null is not the same as left out. */
export const IfGiven = (): PropertyDecorator => ValidateIf((_, value) => value !== undefined);
