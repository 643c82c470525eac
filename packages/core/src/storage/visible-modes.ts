import type { Mode, Owner } from '../principal';

/** A live key manages the keys and sessions of both modes; a test key sees nothing of live mode. */
export function visibleModes(owner: Owner): Mode[] {
  return owner.mode === 'live' ? ['live', 'test'] : ['test'];
}
