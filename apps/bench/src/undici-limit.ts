import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface RawUndici {
  perSecond: number;
  /** CPU time of one POST. */
  microseconds: number;
}

/** POSTs with undici's `dispatch` alone, in a process of its own. */
export async function rawUndici(
  url: string,
  { bodyBytes, roundMs, connections }: { bodyBytes: number; roundMs: number; connections: number },
): Promise<RawUndici> {
  const args = [url, String(bodyBytes), String(roundMs), String(connections)];
  const [figures] = (await once(fork(join(__dirname, 'undici-program.js'), args), 'message')) as [RawUndici];
  return figures;
}
