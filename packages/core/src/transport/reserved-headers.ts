import { foldedName } from './header-name';

/** Hop-by-hop headers (RFC 9110, 7.6.1), and others that a connection negotiates for itself. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'expect',
]);
const madeAnew = new Set(['host', 'content-length']);
/** The headers of a Standard Webhooks signature. */
export const standardWebhooks: ReadonlySet<string> = new Set(['webhook-id', 'webhook-timestamp', 'webhook-signature']);

/** Names that only Paggio writes, like every name that begins with `paggio-`, so that a sender cannot forge them. */
const ownNames = new Set(['x-pj-signature', 'x-pj-timestamp', 'x-pj-correlation-id']);

function isOwnName(folded: string): boolean {
  return folded.startsWith('paggio-') || ownNames.has(folded);
}

/**
 * Whether a header of the sender is forwarded. Headers of the connection to this gateway, and names that only Paggio
 * writes, are not.
 */
export function isForwarded(folded: string): boolean {
  return !(
    hopByHop.has(folded) ||
    madeAnew.has(folded) ||
    folded.startsWith('proxy-') ||
    // CGI programs would use its value as the proxy for their own requests (CVE-2016-5385).
    folded === 'proxy' ||
    isOwnName(folded)
  );
}

/** Whether a destination's own headers may not use this name, because it belongs to HTTP or to Paggio. */
export function isReservedHeader(lowerCaseName: string): boolean {
  const folded = foldedName(lowerCaseName);
  return !isForwarded(folded) || standardWebhooks.has(folded);
}
