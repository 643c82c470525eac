import {
  createParamDecorator,
  RequestMapping,
  RequestMethod,
  Res,
  SetMetadata,
  type ExecutionContext,
  type Type,
} from '@nestjs/common';
import type { Operation } from '@paggio/http';
import type { HostRequest, HostResponse } from './paggio.http-adapter';

/** The metadata key of a controller method's operation. */
export const OPERATION = 'paggio:operation';

/** The only argument of a controller method. */
export interface RouteCall {
  operation: Operation;
  request: HostRequest;
  response: HostResponse;
}

/**
 * Adds a method to a controller and maps it to an operation, whose method and path become its route. The metadata is what
 * Nest's decorators and the compiler leave on a method that is written by hand, so guards, interceptors, pipes and Swagger
 * of the host find what they expect.
 * @param name the name of the new method
 */
export function mapRoute(
  controller: Type<object>,
  name: string,
  operation: Operation,
  run: (call: RouteCall) => Promise<void>,
): void {
  const prototype = controller.prototype as object;
  Object.defineProperty(run, 'name', { value: name });
  const descriptor: PropertyDescriptor = { value: run, writable: true, enumerable: false, configurable: true };
  Object.defineProperty(prototype, name, descriptor);
  RequestMapping({ method: RequestMethod[operation.method], path: operation.path })(prototype, name, descriptor);
  SetMetadata(OPERATION, operation)(prototype, name, descriptor);
  Call()(prototype, name, 0);
  // The method writes its answer itself. Without this, Nest would answer a second time, and after an answer without a
  // body (204, 304) that would be an error in the log of the host.
  Res()(prototype, name, 1);
  Reflect.defineMetadata('design:type', Function, prototype, name);
  Reflect.defineMetadata('design:paramtypes', [Object], prototype, name);
  Reflect.defineMetadata('design:returntype', Promise, prototype, name);
}

const Call = createParamDecorator((_: unknown, context: ExecutionContext): RouteCall => {
  const http = context.switchToHttp();
  return {
    operation: Reflect.getMetadata(OPERATION, context.getHandler()) as Operation,
    request: http.getRequest<HostRequest>(),
    response: http.getResponse<HostResponse>(),
  };
});
