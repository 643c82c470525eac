import { valuesOf } from './header-values';

/**
 * The hosts that a request names: `Host` (in HTTP/2, `:authority`) and, from a trusted proxy, also the last
 * `X-Forwarded-Host`, because proxies often put a name of their own into `Host`. Both are returned: some proxies pass
 * on an `X-Forwarded-Host` that the sender wrote, so it must not hide the host that the request really came to.
 * @param isFromProxy whether the peer is one of `trustedProxies`
 */
export function requestHosts(rawHeaders: readonly string[], isFromProxy: boolean): string[] {
  const [host] = valuesOf(rawHeaders, 'host');
  const forwarded = isFromProxy
    ? valuesOf(rawHeaders, 'x-forwarded-host').at(-1)?.split(',').at(-1)?.trim()
    : undefined;
  return [host, forwarded].filter((one) => one !== undefined && one !== '') as string[];
}

/**
 * A host as a browser reads it: case, Unicode and the default port are normalised. Undefined for text that is not a host with
 * an optional port, such as one with user information or a path.
 * @param protocol the protocol of the URL that it is part of, such as `https:`
 */
export function parseHost(host: string, protocol: string): URL | undefined {
  const text = `${protocol}//${host}`;
  return !/[\s/\\?#@]/.test(host) && URL.canParse(text) ? new URL(text) : undefined;
}

/** The name of a host without port, brackets and final dot: `hooks.example.com.` is the same host as `hooks.example.com`. */
export function hostName({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$|\.$/g, '');
}
