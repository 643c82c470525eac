import * as undici from 'undici';
import { PaggioError } from '../errors';
import type { Transport } from './transport';

/**
 * Whether `undici` is the package of that name. Some runtimes, such as Bun, put a module of their own in its place, which
 * lacks what deliveries and their address guard are built on.
 */
export function isUndiciPackage(): boolean {
  const { Pool, errors } = undici as unknown as {
    Pool?: { prototype?: Record<string, unknown> };
    errors?: Record<string, unknown>;
  };
  const { dispatch, close, destroy } = Pool?.prototype ?? {};
  return [dispatch, close, destroy, errors?.['SocketError']].every((one) => typeof one === 'function');
}

export function noUndici(): PaggioError {
  return new PaggioError('BAD_REQUEST', 'This runtime replaces the package undici, which Paggio delivers with', {
    hint: 'Set the option transport: { axios }, run on Node.js, or leave deliveries to another process: roles without deliver.',
  });
}

/** For processes that deliver nothing. What they send all the same, such as a replay, fails with the reason. */
export const noTransport: Transport = {
  send: () => Promise.reject(noUndici()),
  close: () => Promise.resolve(),
};
