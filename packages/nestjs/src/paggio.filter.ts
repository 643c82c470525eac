import {
  Catch,
  HttpException,
  Inject,
  mixin,
  type ArgumentsHost,
  type ExceptionFilter,
  type Type,
} from '@nestjs/common';
import { PaggioError, type ErrorCode } from '@paggio/core';
import type { HostRequest, HostResponse, PaggioHttpAdapter } from './paggio.http-adapter';

/** Answers every error of Paggio's own routes with the error envelope, including errors of the host's guards. */
export function PaggioFilter(adapterToken: symbol): Type<ExceptionFilter> {
  @Catch()
  class Filter implements ExceptionFilter {
    constructor(@Inject(adapterToken) private readonly adapter: PaggioHttpAdapter) {}

    catch(error: unknown, host: ArgumentsHost): void {
      const http = host.switchToHttp();
      this.adapter.fail(fromGuard(error), http.getResponse<HostResponse>(), http.getRequest<HostRequest>());
    }
  }
  return mixin(Filter);
}

/** Turns the refusal of a host's guard into a `PaggioError`. Other errors stay as they are. */
function fromGuard(error: unknown): unknown {
  if (!(error instanceof HttpException)) return error;
  const status = error.getStatus();
  if (status >= 500) return error;
  return new PaggioError(codes[status] ?? 'FORBIDDEN', error.message, {
    hint: 'A guard of the host app rejected this request.',
    ...(status === 429 ? { retryAfterSeconds: 1 } : {}),
  });
}

const codes: Readonly<Record<number, ErrorCode>> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  429: 'RATE_LIMITED',
};
