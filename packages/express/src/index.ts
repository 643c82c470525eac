import type { Server } from 'node:net';
import { PaggioError, type Paggio, type Principal } from '@paggio/core';
import { attachServer, checkMountOptions, createNodeHandler, type MountOptions, type NodeHandler } from '@paggio/http';
import type { Request, RequestHandler } from 'express';

export interface PaggioMiddleware extends RequestHandler {
  /**
   * Returns the path and query of a link that signs in to the dashboard once, within an hour; null if the dashboard is
   * not served.
   * @throws PaggioError `CONFLICT` if `path` is not set and no request has arrived yet, because then the path is
   *   unknown
   */
  signInLink: NodeHandler['signInLink'];
  /** Tells Paggio which server the app runs on: `middleware.attach(app.listen(3000))`. */
  attach: NodeHandler['attach'];
}

/**
 * Paggio as Express middleware (4 and 5). Mount it before any body parser: signatures need the exact bytes.
 * @param options set `path` if the middleware is mounted below a path, by `app.use('/hooks', ...)` or a router. Without
 *   it the path is taken from the first request, and URLs shown before that lack it
 * @example app.use(paggioMiddleware(paggio)); app.use(express.json());
 */
export function paggioMiddleware(paggio: Paggio, options: MountOptions<Request> = {}): PaggioMiddleware {
  // Check the options now: without a path the handler is created with the first request, which is too late for errors.
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
      throw new PaggioError('CONFLICT', 'The path of the dashboard is unknown until the first request', {
        hint: "Set the option path of the middleware: '' at the root of the app, or '/hooks' for app.use('/hooks', ...).",
      });
    },
  });
}
