import type { Server } from 'node:net';
import type { Paggio } from '@paggio/core';
import { closingOf } from './closing';
import { delayContinue } from './expect';

/** See `NodeHandler.attach`. */
export function attachServer(paggio: Paggio, server: Server): void {
  delayContinue(server);
  closingOf(paggio.host).ofServer(server);
}
