import type { Paggio } from '@paggio/core';
import { createNodeHandler, type HandlerOptions } from '@paggio/http';
import type { RequestHandler } from 'express';

/**
 * Paggio as Express middleware (4 and 5). Mount it before any body parser: signatures need the exact bytes.
 * @example
 * app.use(paggioMiddleware(paggio));
 * app.use(express.json());
 */
export function paggioMiddleware(paggio: Paggio, options: HandlerOptions = {}): RequestHandler {
  const handle = createNodeHandler(paggio, options);
  return (request, response, next) => {
    if (!handle(request, response)) next();
  };
}
