import type { Paggio } from '@paggio/core';
import { createNodeHandler, type HandlerOptions, type NodeHandler } from '@paggio/http';
import type { Request, RequestHandler } from 'express';

/**
 * Paggio as Express middleware (4 and 5). Mount it before any body parser: signatures need the exact bytes.
 * @param options `path` where it is mounted below one; without it the first request tells, as it comes through
 * `app.use('/hooks', ...)` or a router, and URLs shown before that lack it
 * @example
 * app.use(paggioMiddleware(paggio));
 * app.use(express.json());
 */
export function paggioMiddleware(paggio: Paggio, options: HandlerOptions<Request> = {}): RequestHandler {
  let handle: NodeHandler | undefined;
  const handlerAt = (path: string): NodeHandler =>
    (handle ??= createNodeHandler<Request>(paggio, { ...options, path }));
  if (options.path !== undefined) handlerAt(options.path);
  return (request, response, next) => {
    const mounted = handle ?? handlerAt(request.baseUrl);
    if (!mounted(request, response, { hostRequest: request, target: request.originalUrl })) next();
  };
}
