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
import type { HostRequest, HostResponse, PaggioGateway } from './paggio.gateway';

/** Every error of Paggio's own routes as the error envelope, also those of the host's guards. */
export function PaggioFilter(gatewayToken: symbol): Type<ExceptionFilter> {
  @Catch()
  class Filter implements ExceptionFilter {
    constructor(@Inject(gatewayToken) private readonly gateway: PaggioGateway) {}

    catch(error: unknown, host: ArgumentsHost): void {
      const http = host.switchToHttp();
      this.gateway.fail(fromGuard(error), http.getResponse<HostResponse>(), http.getRequest<HostRequest>());
    }
  }
  return mixin(Filter);
}

/** What the host's guards refuse with, in Paggio's words. */
function fromGuard(error: unknown): unknown {
  if (!(error instanceof HttpException)) return error;
  const status = error.getStatus();
  if (status >= 500) return error;
  return new PaggioError(codes[status] ?? 'FORBIDDEN', error.message, {
    hint: 'A guard of the host refused this request.',
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
