import { Inject, Injectable, mixin, type CanActivate, type ExecutionContext, type Type } from '@nestjs/common';
import type { Operation } from '@paggio/http';
import type { HostRequest, PaggioGateway } from './paggio.gateway';
import { OPERATION } from './paggio.route';

/** Checks the API key and its scope; what it throws is answered by the filter. */
export function PaggioGuard(gatewayToken: symbol): Type<CanActivate> {
  @Injectable()
  class Guard implements CanActivate {
    constructor(@Inject(gatewayToken) private readonly gateway: PaggioGateway) {}

    async canActivate(context: ExecutionContext): Promise<boolean> {
      const operation = Reflect.getMetadata(OPERATION, context.getHandler()) as Operation;
      await this.gateway.authorize(context.switchToHttp().getRequest<HostRequest>(), operation);
      return true;
    }
  }
  return mixin(Guard);
}
