import { createHash } from 'node:crypto';

/** Looks random, because a key that anybody can guess is refused in production. */
export const testMasterKey = createHash('sha256').update('the master key of tests').digest();
