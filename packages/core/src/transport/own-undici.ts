import type * as Undici from 'undici';
import { PaggioError } from '../errors';
import type { Transport } from './transport';

/** Loads the client only when it is used, because most processes do not need it. */
export function loadUndici(): typeof Undici {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return require('undici') as typeof Undici;
}

/**
 * Whether `undici` is the package of that name. Some runtimes, such as Bun, replace it by their own module, which lacks
 * the parts that deliveries and their address guard need.
 */
export function isUndiciPackage(): boolean {
  const { Pool, errors } = loadUndici() as unknown as {
    Pool?: { prototype?: Record<string, unknown> };
    errors?: Record<string, unknown>;
  };
  const { dispatch, close, destroy } = Pool?.prototype ?? {};
  return [dispatch, close, destroy, errors?.['SocketError']].every((one) => typeof one === 'function');
}

export function noUndici(): PaggioError {
  return new PaggioError('BAD_REQUEST', 'This runtime replaces the package undici, which the option transport names', {
    hint: 'Leave out the option transport, set transport: { axios }, run on Node.js, or leave deliveries to another process: roles without deliver.',
  });
}

/**
 * The transport of processes that deliver nothing. If they send something anyway, such as a replay, it fails with the
 * reason.
 */
export const noTransport: Transport = {
  send: () => Promise.reject(noUndici()),
  close: () => Promise.resolve(),
};
