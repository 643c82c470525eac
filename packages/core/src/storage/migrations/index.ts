import { Initial1763700000001 } from './0001-initial';

/** In order. A migration that has landed is never changed; new ones only add what the previous version can ignore. */
export const migrations = [Initial1763700000001];
