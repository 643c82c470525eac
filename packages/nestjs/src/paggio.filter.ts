import {
  Catch,
  HttpException,
  Inject,
  mixin,
  type ArgumentsHost,
  type ExceptionFilter,
  type Type,
} from '@nestjs/common';
import { PaggioError } from '@paggio/core';
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

function fromGuard(error: unknown): unknown {
  if (!(error instanceof HttpException)) return error;
  const code = error.getStatus() === 401 ? 'UNAUTHORIZED' : error.getStatus() === 403 ? 'FORBIDDEN' : undefined;
  return code ? new PaggioError(code, error.message, { hint: 'A guard of the host refused this request.' }) : error;
}
