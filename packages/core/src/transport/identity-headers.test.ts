import { catalogue, providerHeaders, sample, sampleEventTypes } from '@paggio/providers';
import { foldedName } from './header-name';
import { isIdentityHeader } from './identity-headers';

/** The headers that each product sets for the service behind it, according to its documentation. */
const documented: Readonly<Record<string, string>> = {
  'RFC 7239 and RFC 9440': 'Forwarded Client-Cert Client-Cert-Chain',
  proxies:
    'X-Forwarded-For X-Forwarded-Host X-Forwarded-Proto X-Forwarded-Port X-Forwarded-Prefix X-Forwarded-Server X-Forwarded-Ssl X-Forwarded-Scheme X-Forwarded-Protocol X-Forwarded-Uri X-Forwarded-Method X-Forwarded-Client-Cert X-Forwarded X-Forward-For X-Forwarded-By X-Forwarded-Path Forwarded-For X-Real-IP X-Real-Port X-Client-IP Client-IP X-Remote-IP X-Remote-Addr X-Originating-IP X-Host X-Scheme X-Url-Scheme Front-End-Https X-Cluster-Client-IP X-ProxyUser-Ip WL-Proxy-Client-IP',
  'overrides of path and method':
    'X-Original-URL X-Rewrite-URL X-Original-URI X-Original-Method X-Original-Host X-Original-Proto X-Original-For X-Original-Forwarded-For X-HTTP-Method-Override X-HTTP-Method X-Method-Override X-Script-Name Script-Name Path-Info',
  'oauth2-proxy':
    'X-Forwarded-User X-Forwarded-Groups X-Forwarded-Email X-Forwarded-Preferred-Username X-Forwarded-Access-Token X-Auth-Request-User X-Auth-Request-Groups X-Auth-Request-Email X-Auth-Request-Preferred-Username X-Auth-Request-Access-Token X-Auth-Request-Redirect X-User X-Email',
  'Traefik and Envoy':
    'X-Forwarded-Tls-Client-Cert X-Forwarded-Tls-Client-Cert-Info X-Envoy-External-Address X-Envoy-Internal X-Envoy-Original-Path X-Envoy-Original-Host X-Envoy-Peer-Metadata X-Envoy-Downstream-Service-Cluster',
  Authelia: 'Remote-User Remote-Groups Remote-Name Remote-Email',
  authentik:
    'X-authentik-username X-authentik-groups X-authentik-entitlements X-authentik-email X-authentik-name X-authentik-uid X-authentik-jwt X-authentik-meta-app',
  Cloudflare:
    'CF-Connecting-IP CF-Connecting-IPv6 CF-Pseudo-IPv4 CF-IPCountry CF-Visitor CF-Worker Cf-Access-Jwt-Assertion Cf-Access-Authenticated-User-Email Cf-Client-Cert-Der-Base64 True-Client-IP',
  'Amazon load balancers and gateways':
    'X-Amzn-Oidc-Data X-Amzn-Oidc-Identity X-Amzn-Oidc-Accesstoken X-Amzn-Mtls-Clientcert X-Amzn-Mtls-Clientcert-Subject X-Amzn-Tls-Version X-Apigateway-Event X-Apigateway-Context X-Amzn-Request-Context CloudFront-Viewer-Address CloudFront-Forwarded-Proto',
  Azure:
    'X-MS-CLIENT-PRINCIPAL X-MS-CLIENT-PRINCIPAL-ID X-MS-CLIENT-PRINCIPAL-NAME X-MS-CLIENT-PRINCIPAL-IDP X-MS-TOKEN-AAD-ID-TOKEN X-MS-TOKEN-AAD-ACCESS-TOKEN X-ARR-ClientCert X-ARR-SSL X-Azure-ClientIP X-Azure-SocketIP X-Azure-FDID',
  Google:
    'X-Goog-Authenticated-User-Email X-Goog-Authenticated-User-ID X-Goog-IAP-JWT-Assertion X-Endpoint-API-UserInfo X-Apigateway-Api-Userinfo X-Appengine-User-IP X-Appengine-Inbound-Appid',
  'other networks':
    'Fly-Client-IP Fly-Forwarded-Proto Fastly-Client-IP Fastly-SSL Incap-Client-IP X-Vercel-Forwarded-For X-Vercel-IP-Country X-Vercel-Proxied-For X-Nf-Client-Connection-Ip',
  Tailscale:
    'Tailscale-User-Login Tailscale-User-Name Tailscale-User-Profile-Pic Tailscale-App-Capabilities X-Tailscale-User X-Webauth-User X-Webauth-Email',
  'Pomerium, Teleport and Vouch':
    'X-Pomerium-Jwt-Assertion X-Pomerium-Claim-Email Teleport-Jwt-Assertion X-Teleport-Login X-Vouch-User X-Vouch-Idp-Accesstoken',
  Kong: 'X-Consumer-ID X-Consumer-Username X-Consumer-Custom-ID X-Consumer-Groups X-Credential-Identifier X-Anonymous-Consumer X-Authenticated-Userid X-Authenticated-Scope X-Authenticated-Groups X-Userinfo X-ID-Token',
  'Kubernetes and Linkerd':
    'X-Remote-User X-Remote-Group X-Remote-Extra-Scopes Impersonate-User Impersonate-Group Impersonate-Extra-Scopes l5d-dst-override l5d-client-id',
  'Apache modules and other single sign-on':
    'OIDC_CLAIM_sub OIDC_access_token Shib-Session-ID MELLON_NAME_ID SM_USER SM_USERDN IV-User IV-Groups OAM_REMOTE_USER REMOTE_USER X-Authenticated-User X-User-Id X-Username X-User-Roles',
  'nginx and HAProxy with client certificates':
    'X-SSL-Client-Cert X-SSL-Client-Verify X-SSL-Client-S-DN X-SSL-Client-CN SSL-Client-Cert SSL_CLIENT_S_DN SSL_CLIENT_VERIFY X-Client-Cert X-Client-Verify X-Client-DN X-TLS-Client-Subject',
  'Rack, Symfony and Next.js':
    'X-Accel-Redirect X-Accel-Mapping X-Sendfile-Type Surrogate-Capability X-Middleware-Subrequest',
  'Loki, Mimir and Cortex': 'X-Scope-OrgID',
};

const judged = (name: string): boolean => isIdentityHeader(foldedName(name.toLowerCase()));

test.each(Object.entries(documented))('every header of %s is an identity header, in every spelling', (_who, list) => {
  for (const name of list.split(' ')) {
    for (const spelling of [
      name,
      name.toLowerCase(),
      name.toUpperCase(),
      name.replaceAll('-', '_'),
      name.replaceAll('_', '-'),
      name.replaceAll('-', '.'),
    ])
      expect([spelling, judged(spelling)]).toEqual([spelling, true]);
  }
});

test('no header that a provider signs with, uses as an id, or sends along is an identity header', () => {
  expect(catalogue.length).toBeGreaterThan(60);
  for (const provider of catalogue) {
    const sent = (sampleEventTypes(provider.name) ?? []).flatMap((type) =>
      (sample(provider.name, type)?.rawHeaders ?? []).filter((_text, index) => index % 2 === 0),
    );
    const names = new Set([...providerHeaders(provider), ...sent]);
    expect([provider.name, [...names].filter(judged)]).toEqual([provider.name, []]);
  }
});

test('headers of requests, traces and senders outside the catalogue are not identity headers', () => {
  const names =
    'Accept Accept-Language Authorization Cookie Content-Type Content-Encoding Date Digest Content-Digest ETag If-Match Origin Referer User-Agent Via CDN-Loop Signature Signature-Input Idempotency-Key Traceparent Tracestate Baggage X-Request-ID X-Correlation-ID X-B3-TraceId X-Amzn-Trace-Id X-Cloud-Trace-Context X-API-Key X-Auth-Token X-Access-Token X-Webhook-Signature X-Hub-Signature-256 X-Event-Type X-Client-Id X-Client-Version X-Forms-Signature CF-Webhook-Auth CF-Ray X-Vercel-Signature X-Vercel-Id Tailscale-Webhook-Signature X-Goog-Channel-ID X-Goog-Resource-State X-Amz-Sns-Message-Type Ce-Id Ce-Source Aeg-Event-Type X-CloudTasks-QueueName X-CloudScheduler X-MS-Signature X-TLS13 X-SSLL X-Users SSLX Remoter';
  for (const name of names.split(' ')) expect([name, judged(name)]).toEqual([name, false]);
});
