import type { Answer } from '../../answer';
import { valuesOf } from '../../header-values';

const TYPE_LIMIT = 256;

/**
 * A download of a body. A stranger chose its bytes, so a browser must not render them, guess their type or let another
 * origin embed them: they are an attachment of an opaque type, inert like every answer. `X-Paggio-Content-Type` has the
 * type that the sender gave, in visible ASCII and cut to 256 characters.
 */
export function rawAnswer(rawHeaders: readonly string[], body: Buffer, id: string): Answer {
  const received = valuesOf(rawHeaders, 'content-type')[0]
    ?.replaceAll(/[^\x20-\x7e]/g, '')
    .trim();
  return {
    status: 200,
    headers: [
      ['content-type', 'application/octet-stream'],
      ...(received ? ([['x-paggio-content-type', received.slice(0, TYPE_LIMIT).trimEnd()]] as const) : []),
      ['content-disposition', `attachment; filename="${id}"`],
      ['cross-origin-resource-policy', 'same-origin'],
      ['cache-control', 'no-store'],
    ],
    body,
  };
}
