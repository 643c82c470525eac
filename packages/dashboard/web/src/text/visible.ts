/**
 * Characters that are invisible or change how others are displayed: controls (except tab and line feed), format
 * characters such as direction overrides and zero-width spaces, line separators, and fillers that look like a space.
 */
const HIDDEN = /[\p{Cf}\p{Zl}\p{Zp}\u0000-\u0008\u000B-\u001F\u007F-\u009F\u115F\u1160\u3164\uFFA0]/gu;

/** Replaces hidden characters with their code points, so that a text cannot pretend to be a different one. */
export function visible(text: string): string {
  return text.replace(HIDDEN, (character) =>
    character === '\r'
      ? '␍'
      : `⟨U+${(character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')}⟩`,
  );
}

/** Returns the name if a person can easily type it, and the other word if not. */
export function typable(name: string, otherwise: string): string {
  const word = name.trim();
  return word.length <= 40 && visible(word) === word ? word : otherwise;
}

export function countHidden(text: string): number {
  return (text.match(HIDDEN) ?? []).filter((character) => character !== '\r').length;
}

/** Shows the real letters of a URL's host: look-alikes from other alphabets become `xn--`. */
export function visibleUrl(url: string): string {
  const host = URL.canParse(url) ? new URL(url).host : '';
  const written = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(url)?.[1] ?? '';

  return visible(/[^\x00-\x7F]/.test(written) && host !== '' ? url.replace(written, host) : url);
}
