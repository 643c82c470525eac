import { foldedName } from './header-name';

/** RFC 9110, 7.6.1, and what a connection negotiates for itself. */
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
/** The signature of Standard Webhooks. */
export const standardWebhooks: ReadonlySet<string> = new Set(['webhook-id', 'webhook-timestamp', 'webhook-signature']);

/** Names that only Paggio writes, with every other name that begins with `paggio-`: a sender cannot pretend them. */
const ownNames = new Set(['x-pj-signature', 'x-pj-timestamp', 'x-pj-correlation-id']);

function isOwnName(folded: string): boolean {
  return folded.startsWith('paggio-') || ownNames.has(folded);
}

/**
 * Whether a header of the sender may be sent on: not those of the connection to this gateway, and not names that only
 * Paggio writes.
 */
export function isForwarded(folded: string): boolean {
  return !(
    hopByHop.has(folded) ||
    madeAnew.has(folded) ||
    folded.startsWith('proxy-') ||
    // CGI programs would send their own requests through it (CVE-2016-5385).
    folded === 'proxy' ||
    isOwnName(folded)
  );
}

/** Header names that a destination's own headers may not have: HTTP and Paggio own them. */
export function isReservedHeader(lowerCaseName: string): boolean {
  const folded = foldedName(lowerCaseName);
  return !isForwarded(folded) || standardWebhooks.has(folded);
}
