import type { Answer } from '../answer';

/** The exact bytes. A browser must neither render nor guess them: they are a stranger's. */
export function rawAnswer(rawHeaders: readonly string[], body: Buffer, id: string): Answer {
  const at = rawHeaders.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'content-type');
  const received = at < 0 ? undefined : rawHeaders[at + 1];
  return {
    status: 200,
    headers: [
      ['content-type', received || 'application/octet-stream'],
      ['content-disposition', `attachment; filename="${id}"`],
      ['x-content-type-options', 'nosniff'],
      ['content-security-policy', "sandbox; default-src 'none'"],
      ['cache-control', 'no-store'],
    ],
    body,
  };
}
