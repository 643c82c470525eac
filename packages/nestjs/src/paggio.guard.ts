import { Inject, Injectable, mixin, type CanActivate, type ExecutionContext, type Type } from '@nestjs/common';
import type { Operation } from '@paggio/http';
import type { HostRequest, PaggioHttpAdapter } from './paggio.http-adapter';
import { OPERATION } from './paggio.route';

/** Checks the API key and its scope. The filter answers with the errors that it throws. */
export function PaggioGuard(adapterToken: symbol): Type<CanActivate> {
  @Injectable()
  class Guard implements CanActivate {
    constructor(@Inject(adapterToken) private readonly adapter: PaggioHttpAdapter) {}

    async canActivate(context: ExecutionContext): Promise<boolean> {
      const operation = Reflect.getMetadata(OPERATION, context.getHandler()) as Operation;
      await this.adapter.authorize(context.switchToHttp().getRequest<HostRequest>(), operation);
      return true;
    }
  }
  return mixin(Guard);
}
