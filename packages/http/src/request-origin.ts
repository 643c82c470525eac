import { PaggioError } from '@paggio/core';
import { valuesOf } from './header-values';
import type { AskingRequest } from './asking-request';
import { parseHost } from './request-host';

const USE_KEY = 'From another site, use the management API with an API key.';

type Sent = Pick<AskingRequest, 'rawHeaders' | 'arrival'>;

/**
 * Refuses a change that a page of another site made a browser send. Browsers say in `Sec-Fetch-Site` how that page relates to
 * this server, and in `Origin` which site it belongs to; scripts cannot change either header. The allowed origins are those of
 * the request itself and of the public URL. Scheme, host and port must be equal.
 * @param presence `optional` lets a request with neither header through, because no browser sent it
 * @throws PaggioError `FORBIDDEN`
 */
export function checkOrigin(request: Sent, publicUrl: string, presence: 'required' | 'optional'): void {
  const [site, ...moreSites] = valuesOf(request.rawHeaders, 'sec-fetch-site');
  const [origin, ...moreOrigins] = valuesOf(request.rawHeaders, 'origin');
  // `none` means that a person caused the request, for example with the address bar.
  const foreign = moreSites.length > 0 || (site !== undefined && site !== 'same-origin' && site !== 'none');
  if (foreign || moreOrigins.length > 0) throw refusal(USE_KEY);
  if (origin === undefined) {
    if (presence === 'optional') return;
    throw refusal(
      'Browsers send the header Origin with a change. Other clients use the management API with an API key.',
    );
  }
  const own = ownOrigins(request, publicUrl, site === 'same-origin');
  if (!own.includes(origin)) throw refusal(hintFor(origin, request));
}

/** The origin of the public URL, and the origins that the address bar of the browser may show for this request. */
function ownOrigins({ arrival }: Sent, publicUrl: string, sameOrigin: boolean): string[] {
  const address = new URL(publicUrl);
  // A proxy may end TLS without saying so. If the browser vouches for the origin, only the scheme is unknown.
  const schemes = arrival.overTls ? ['https:'] : sameOrigin ? ['http:', 'https:'] : ['http:'];
  const here = schemes
    .flatMap((scheme) => arrival.hosts.map((host) => parseHost(host, scheme)))
    .filter((url) => url !== undefined);
  const isDowngrade = ({ protocol, host }: URL): boolean =>
    protocol === 'http:' && address.protocol === 'https:' && host === address.host;
  return [address.origin, ...here.filter((url) => !isDowngrade(url)).map(({ origin }) => origin)];
}

/** Says which setting is missing, in case the refused origin is this server's own. */
function hintFor(origin: string, { arrival }: Sent): string {
  if (!URL.canParse(origin)) return USE_KEY;
  const { origin: shown, protocol, host } = new URL(origin);
  const own = shown.slice(0, 200);
  if (arrival.hosts.some((named) => parseHost(named, protocol)?.host === host))
    return `If ${own} is this server behind a proxy that ends TLS, set PAGGIO_PUBLIC_URL (option publicUrl) to it, or list the proxy in PAGGIO_TRUSTED_PROXIES (option trustedProxies) and let it send X-Forwarded-Proto.`;
  return `If ${own} is this server behind a proxy that changes the header Host, set PAGGIO_PUBLIC_URL (option publicUrl) to that address, or let the proxy pass Host on. ${USE_KEY}`;
}

function refusal(hint: string): PaggioError {
  return new PaggioError('FORBIDDEN', 'This request comes from another site', { hint });
}
