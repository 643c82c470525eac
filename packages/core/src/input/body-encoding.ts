import { PaggioError } from '../errors';

/** Character sets whose bytes are valid UTF-8. */
const charsets: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii']);
const CHARSET = /;[ \t]*charset[ \t]*=[ \t]*"?([^";,]*)/gi;

/**
 * Checks that a JSON body is uncompressed and in UTF-8. A compressed body, or one in another character set, would be
 * misread.
 * @param rawHeaders names and values in turn
 * @throws PaggioError `UNSUPPORTED_MEDIA_TYPE` that names the coding or the character set
 */
export function checkBodyEncoding(rawHeaders: readonly string[]): void {
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase();
    const value = rawHeaders[i + 1] as string;
    if (name === 'content-encoding') {
      const coding = value.split(',').find((one) => !/^[ \t]*(?:identity[ \t]*)?$/i.test(one));
      if (coding !== undefined)
        throw unsupported('Content-Encoding', coding, 'Send the body without a content coding.');
    } else if (name === 'content-type') {
      for (const [, charset = ''] of value.matchAll(CHARSET))
        if (!charsets.has(charset.trim().toLowerCase()))
          throw unsupported('Content-Type', `charset ${charset.trim()}`, 'Send the body in UTF-8.');
    }
  }
}

function unsupported(header: string, named: string, hint: string): PaggioError {
  const shown = named.trim().slice(0, 64).toWellFormed();
  return new PaggioError('UNSUPPORTED_MEDIA_TYPE', `Bodies in ${shown} are not read here`, {
    hint,
    details: [{ field: header, message: hint }],
  });
}
