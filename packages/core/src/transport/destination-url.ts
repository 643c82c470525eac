import { PaggioError, invalid } from '../errors';
import { networkAdvice, PORT_ADVICE, type AddressGuard } from './address-guard';

const MAX_URL_LENGTH = 2048;

/**
 * A URL that `checkDestinationUrl` has accepted. Only such a URL may be stored, or dialled for the person who gave it.
 */
export type DestinationUrl = string & { readonly [checked]: true };
declare const checked: unique symbol;

/**
 * Checks untrusted text and returns the URL in the normal form in which it is shown and dialled.
 * @throws PaggioError `VALIDATION_FAILED` or `DESTINATION_NOT_ALLOWED`
 */
export async function checkDestinationUrl(
  text: string,
  field: string,
  guard: AddressGuard,
  ownOrigins: ReadonlySet<string>,
): Promise<DestinationUrl> {
  const wrong = (message: string): PaggioError => invalid([{ field, message }]);
  if (text.length > MAX_URL_LENGTH) throw wrong(`${field} may have at most ${MAX_URL_LENGTH} characters.`);
  // The URL parser drops tabs and line breaks inside a host, so people would read another host than is dialled.
  if (/[\u0000-\u0020\u007f]/.test(text)) throw wrong(`${field} must not contain spaces or control characters.`);
  if (!URL.canParse(text)) throw wrong(`${field} must be a URL such as https://example.com/webhook.`);
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw wrong(`${field} must begin with http:// or https://.`);
  if (url.username !== '' || url.password !== '')
    throw wrong(`${field} must not contain a user name or password: put credentials into a header.`);
  if (url.port === '0') throw wrong(`${field} must not have port 0.`);
  if (!guard.allowsPort(Number(url.port))) {
    throw notAllowed(field, `Port ${url.port} belongs to a service that must not receive webhooks; ${PORT_ADVICE}.`);
  }
  url.hash = '';
  if (ownOrigins.has(url.origin)) {
    throw notAllowed(field, 'This URL is Paggio itself, so events would come back to it in an endless loop.');
  }
  if (!(await guard.permits(url.hostname))) {
    throw notAllowed(field, notPublic(url.hostname));
  }
  return url.href as DestinationUrl;
}

export function notPublic(host: string): string {
  return `The host is not a public address; ${networkAdvice(host)}.`;
}

export function notAllowed(field: string, message: string): PaggioError {
  return new PaggioError('DESTINATION_NOT_ALLOWED', 'Deliveries may not be sent to this destination', {
    hint: message,
    details: [{ field, message }],
  });
}
