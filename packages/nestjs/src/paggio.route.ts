import {
  applyDecorators,
  createParamDecorator,
  RequestMapping,
  RequestMethod,
  Res,
  SetMetadata,
  type ExecutionContext,
} from '@nestjs/common';
import { operations, type Operation } from '@paggio/http';
import type { HostRequest, HostResponse } from './paggio.http-adapter';

export const OPERATION = 'paggio:operation';

/** Maps a controller method to a row of the operation table: its method, path and scope come from there. */
export function Route(id: string): MethodDecorator {
  const operation = operations.find((one) => one.id === id);
  if (!operation) throw new Error(`There is no operation "${id}".`);
  return applyDecorators(
    RequestMapping({ method: RequestMethod[operation.method], path: operation.path }),
    SetMetadata(OPERATION, operation),
    answersItself,
  );
}

/**
 * Tells Nest that the method writes its answer. Nest would answer once more, and for an answer without a body (204, 304) that
 * is an error in the log of the host.
 */
const answersItself: MethodDecorator = (target, name) => Res()(target, name, 1);

export interface RouteCall {
  operation: Operation;
  request: HostRequest;
  response: HostResponse;
}

/** The request as the adapter takes it. */
export const Call = createParamDecorator((_: unknown, context: ExecutionContext): RouteCall => {
  const http = context.switchToHttp();
  return {
    operation: Reflect.getMetadata(OPERATION, context.getHandler()) as Operation,
    request: http.getRequest<HostRequest>(),
    response: http.getResponse<HostResponse>(),
  };
});
