import { valuesOf } from './header-values';

/**
 * The hosts that a request names: `Host`, or `:authority` of HTTP/2, and from a trusted proxy the last `X-Forwarded-Host`
 * as well, because proxies often put a name of their own into `Host`. Both are given: some proxies pass on an
 * `X-Forwarded-Host` that the sender wrote, so it must not hide the host that the request really came to.
 * @param isFromProxy whether the peer is one of `trustedProxies`
 */
export function requestHosts(rawHeaders: readonly string[], isFromProxy: boolean): string[] {
  const host = valuesOf(rawHeaders, 'host')[0] ?? valuesOf(rawHeaders, ':authority')[0];
  const forwarded = isFromProxy
    ? valuesOf(rawHeaders, 'x-forwarded-host').at(-1)?.split(',').at(-1)?.trim()
    : undefined;
  return [host, forwarded].filter((one) => one !== undefined && one !== '') as string[];
}
