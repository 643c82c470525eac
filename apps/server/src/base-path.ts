import type { IncomingMessage, Server } from 'node:http';

/** Matches the server's own paths. */
const OWN = /^\/(?:api|e|compat|dashboard|health|metrics|openapi\.json)(?:[/?]|$)/;

/** The path of a URL without its trailing slash; empty for an origin. */
export function basePathOf(url: string): string {
  return new URL(url).pathname.replace(/(?<!\/)\/+$/, '');
}

/**
 * Whether a path may be the base path. A leading `//` would name another host in links, and `/dashboard/api` would be
 * ambiguous.
 */
export function isBasePath(path: string): boolean {
  return /^(?:\/[A-Za-z0-9\-._~]+)*$/.test(path) && path !== '/dashboard';
}

/**
 * Lets the server answer both with and without a base path, so that a proxy may strip the path or keep it. It strips
 * the base only if one of the server's own paths follows: with the base `/api`, `/api/webhook/x` stays as it is.
 */
export function takeBasePath(server: Server, base: string): void {
  if (base === '') return;
  // Runs before every other listener, including Nest's.
  server.prependListener('request', (request: IncomingMessage) => {
    const { url = '' } = request;
    if (url.startsWith(base) && OWN.test(url.slice(base.length))) request.url = url.slice(base.length);
  });
}
