import type { IncomingMessage, Server } from 'node:http';

/** What the paths of the server begin with. */
const OWN = /^\/(?:api|e|compat|dashboard|health|metrics|openapi\.json)(?:[/?]|$)/;

/** The path of a URL, without the slash at its end: empty for an origin. */
export function basePathOf(url: string): string {
  return new URL(url).pathname.replace(/(?<!\/)\/+$/, '');
}

/** `//` at the front would name another host in a link, and `/dashboard/api` would mean two things. */
export function isBasePath(path: string): boolean {
  return /^(?:\/[A-Za-z0-9\-._~]+)*$/.test(path) && path !== '/dashboard';
}

/**
 * Lets the server answer below a path as well as without it, so that a proxy may take the path away or leave it. Only
 * what is the server's own behind the path counts: `/api/webhook/x` is no `/webhook/x` below `/api`.
 */
export function takeBasePath(server: Server, base: string): void {
  if (base === '') return;
  // In front of every other listener, Nest's included.
  server.prependListener('request', (request: IncomingMessage) => {
    const { url = '' } = request;
    if (url.startsWith(base) && OWN.test(url.slice(base.length))) request.url = url.slice(base.length);
  });
}
