import { valuesOf } from './header-values';

/**
 * The host that a request was sent to, as its sender named it: `Host`, `:authority` of HTTP/2, or from a trusted proxy the
 * last `X-Forwarded-Host`, because proxies often put a name of their own into `Host`.
 * @param isFromProxy whether the peer is one of `trustedProxies`
 */
export function requestHost(rawHeaders: readonly string[], isFromProxy: boolean): string | undefined {
  const forwarded = isFromProxy
    ? valuesOf(rawHeaders, 'x-forwarded-host').at(-1)?.split(',').at(-1)?.trim()
    : undefined;
  return forwarded || (valuesOf(rawHeaders, 'host')[0] ?? valuesOf(rawHeaders, ':authority')[0]);
}
