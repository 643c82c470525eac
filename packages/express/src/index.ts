import type { Server } from 'node:net';
import { PaggioError, type Paggio, type Principal } from '@paggio/core';
import { attachServer, checkMountOptions, createNodeHandler, type MountOptions, type NodeHandler } from '@paggio/http';
import type { Request, RequestHandler } from 'express';

export interface PaggioMiddleware extends RequestHandler {
  /**
   * Path and query of a link that signs in to the dashboard once, within an hour; null where it is not served.
   * @throws PaggioError `CONFLICT` when `path` was not given and no request has come yet: then nobody knows where it is
   */
  signInLink: NodeHandler['signInLink'];
  /** Tells Paggio which server the app runs on: `middleware.attach(app.listen(3000))`. */
  attach: NodeHandler['attach'];
}

/**
 * Paggio as Express middleware (4 and 5). Mount it before any body parser: signatures need the exact bytes.
 * @param options `path` where it is mounted below one; without it the first request tells, as it comes through
 * `app.use('/hooks', ...)` or a router, and URLs shown before that lack it
 * @example
 * app.use(paggioMiddleware(paggio));
 * app.use(express.json());
 */
export function paggioMiddleware(paggio: Paggio, options: MountOptions<Request> = {}): PaggioMiddleware {
  // Without a path the handler is made with the first request, which is too late to say what is wrong.
  checkMountOptions(paggio, options);
  let handle: NodeHandler | undefined;
  const handlerAt = (path: string): NodeHandler =>
    (handle ??= createNodeHandler<Request>(paggio, { ...options, path }));
  if (options.path !== undefined) handlerAt(options.path);
  const middleware: RequestHandler = (request, response, next) => {
    const mounted = handle ?? handlerAt(request.baseUrl);
    if (!mounted(request, response, { hostRequest: request, target: request.originalUrl })) next();
  };
  return Object.assign(middleware, {
    attach: (server: Server) => attachServer(paggio, server),
    signInLink: async (principal: Principal) => {
      if (handle) return handle.signInLink(principal);
      if (!options.dashboard) return null;
      throw new PaggioError('CONFLICT', 'Where the dashboard is mounted is not known before the first request', {
        hint: "Give the middleware its path: '' at the root of the app, or '/hooks' below app.use('/hooks', ...).",
      });
    },
  });
}
