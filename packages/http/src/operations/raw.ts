import type { Answer } from '../answer';

/** The exact bytes. They are a stranger's: an attachment, and inert like every answer, so no browser renders them. */
export function rawAnswer(rawHeaders: readonly string[], body: Buffer, id: string): Answer {
  const at = rawHeaders.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'content-type');
  const received = at < 0 ? undefined : rawHeaders[at + 1];
  return {
    status: 200,
    headers: [
      ['content-type', received || 'application/octet-stream'],
      ['content-disposition', `attachment; filename="${id}"`],
      ['cache-control', 'no-store'],
    ],
    body,
  };
}
