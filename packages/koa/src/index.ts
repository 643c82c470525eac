import type { Server } from 'node:net';
import type { Paggio, Principal } from '@paggio/core';
import { createNodeHandler, whenAnswered, type MountOptions, type NodeHandler } from '@paggio/http';
import type { Context, Middleware } from 'koa';

export interface PaggioMiddleware extends Middleware {
  /**
   * Returns the path and query of a link that signs in to the dashboard once, within an hour; null if it is not served.
   */
  signInLink: NodeHandler['signInLink'];
  /** Tells Paggio which server the app runs on: `middleware.attach(app.listen(3000))`. */
  attach: NodeHandler['attach'];
}

/**
 * Paggio as Koa middleware (2 and 3). Mount it before any body parser: signatures need the exact bytes.
 * @param options set `path` if the middleware is mounted below a path, even by `koa-mount`
 * @example
 * app.use(paggioMiddleware(paggio));
 * app.use(bodyParser());
 */
export function paggioMiddleware(paggio: Paggio, options: MountOptions<Context> = {}): PaggioMiddleware {
  const handle = createNodeHandler<Context>(paggio, options);
  const middleware: Middleware = async (context, next) => {
    if (!handle(context.req, context.res, { hostRequest: context, target: context.originalUrl })) {
      await next();
      return;
    }
    // Paggio writes the response without Koa. The other middleware continues when that is done.
    context.respond = false;
    const { res } = context;
    if (!res.writableFinished && !res.destroyed) await new Promise<void>((done) => whenAnswered(res, done));
  };
  return Object.assign(middleware, {
    signInLink: (principal: Principal) => handle.signInLink(principal),
    attach: (server: Server) => handle.attach(server),
  });
}
