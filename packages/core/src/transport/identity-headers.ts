/**
 * Headers that a proxy, an identity provider, a mesh or a platform sets for the service behind it. They say who makes
 * the request, from where, over which scheme, for which path, and by which method. Services trust them because only the
 * proxy can reach the services. A gateway can reach them too, so an anonymous sender could pose as that proxy. Names
 * are folded (see `foldedName`).
 *
 * A prefix must not match a header that a sender of webhooks signs or identifies its deliveries with, such as
 * `cf-webhook-auth`, `x-vercel-signature`, `tailscale-webhook-signature` or `x-auth-token`.
 */
const prefixes = [
  // The de-facto standards of proxies, and RFC 7239.
  'x-forward',
  'forwarded',
  'x-real-',
  'x-remote-',
  'x-proxy',
  'x-envoy-',
  'l5d-', // Linkerd
  'x-arr-', // Azure and IIS request routing

  // Headers that replace the path or the method of a request.
  'x-rewrite-',
  'x-http-method',
  'x-method-override',
  'x-accel-', // nginx, read by Rack and Symfony
  'x-sendfile',
  'surrogate-',
  'x-middleware-', // Next.js treats these as its own

  // Addresses and locations of clients, by network.
  'cf-connecting-',
  'cf-pseudo-',
  'cf-ip', // cf-ipcountry, cf-ipcity
  'cloudfront-',
  'true-client-',
  'x-true-',
  'fastly-client',
  'fly-client-',
  'fly-forwarded-',
  'incap-',
  'x-vercel-ip-',
  'x-nf-client-', // Netlify
  'x-nf-geo',
  'x-appengine-',

  // Identity providers and proxies that sign people in.
  'remote-', // Authelia, tinyauth, Apache
  'x-authenticated-',
  'x-auth-request-', // oauth2-proxy
  'x-auth-user',
  'x-auth-email',
  'x-auth-groups',
  'x-auth-roles',
  'x-auth-subject',
  'x-auth-name',
  'x-authentik-',
  'x-goauthentik-',
  'x-webauth-', // Grafana, Caddy
  'x-vouch-',
  'x-pomerium-',
  'x-teleport-',
  'teleport-jwt-',
  'x-tailscale-',
  'tailscale-user-',
  'tailscale-app-',
  'tailscale-headers-',
  'tailscale-funnel-',
  'cf-access-',
  'x-goog-authenticated-user-',
  'x-goog-iap-',
  'x-endpoint-api-', // Google's API gateways
  'x-apigateway-', // Amazon's and Google's
  'x-amzn-oidc-',
  'x-amzn-mtls-',
  'x-amzn-tls-',
  'x-amzn-request-context',
  'x-amzn-lambda-context',
  'x-ms-client-principal',
  'x-ms-token-',
  'x-consumer-', // Kong
  'x-credential-',
  'x-anonymous-consumer',
  'x-sandstorm-',
  'impersonate-', // Kubernetes
  'oidc-', // mod_auth_openidc
  'shib-',
  'mellon-',
  'sm-user', // SiteMinder
  'sm-universalid',
  'iv-', // IBM Verify Access
  'oam-', // Oracle Access Manager

  // TLS that ended before the service, and client certificates.
  'x-ssl-',
  'ssl-',
  'x-tls-',
  'client-cert', // RFC 9440
  'x-client-cert',
  'x-client-verify',
  'x-client-dn',
  'x-client-s-dn',
  'x-client-i-dn',
  'x-client-ssl',
  'x-client-tls',
  'cf-client-cert-',
  'x-spiffe-',
] as const;

const names: ReadonlySet<string> = new Set([
  'client-ip',
  'x-client-ip',
  'x-client-host',
  'x-cluster-client-ip',
  'x-originating-ip',
  'x-custom-ip-authorization',
  'http-client-ip',
  'http-x-forwarded-for',
  'wl-proxy-client-ip',
  'wl-proxy-ssl',
  'wl-proxy-client-cert',
  'ali-cdn-real-ip',
  'cdn-real-ip',
  'cdn-src-ip',
  'fastly-ssl',
  'fastly-ff',
  'fastly-temp-xff',
  'x-vercel-proxied-for',
  'x-vercel-forwarded-for',
  'x-vercel-oidc-token',
  'x-azure-clientip',
  'x-azure-socketip',
  'x-azure-fdid', // some origins trust it as proof that the request comes from Front Door
  'x-fd-healthprobe',
  'cf-visitor',
  'cf-worker',
  'cf-ew-via',

  'x-original-for',
  'x-original-forwarded-for',
  'x-original-host',
  'x-original-method',
  'x-original-prefix',
  'x-original-proto',
  'x-original-remote-addr',
  'x-original-uri',
  'x-original-url',
  'x-host',
  'x-http-host-override',
  'x-host-override',
  'x-override-url',
  'x-scheme',
  'x-url-scheme',
  'front-end-https',
  'script-name', // gunicorn accepts these two from a proxy on the same machine
  'path-info',
  'x-script-name',

  'x-user',
  'x-user-id',
  'x-userid',
  'x-user-name',
  'x-username',
  'x-user-email',
  'x-user-group',
  'x-user-groups',
  'x-usergroup',
  'x-user-role',
  'x-user-roles',
  'x-userinfo',
  'x-email',
  'x-groups',
  'x-roles',
  'x-id-token',
  'x-jwt-assertion',
  'x-jwt-payload',
  'x-scope-orgid', // tenant of Loki, Mimir and Cortex
]);

const PREFIX = new RegExp(`^(?:${prefixes.join('|')})`);

/**
 * Whether a destination would trust this header as coming from a proxy in front of it.
 * @param name in lower case and folded
 */
export function isIdentityHeader(name: string): boolean {
  return names.has(name) || PREFIX.test(name);
}
