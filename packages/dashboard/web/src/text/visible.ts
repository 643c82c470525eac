/**
 * Characters that are not seen, or that change how others are shown: controls (but for tab and line feed), formats such
 * as direction overrides and zero-width ones, line separators, and fillers that look like a space.
 */
const HIDDEN = /[\p{Cf}\p{Zl}\p{Zp}\u0000-\u0008\u000B-\u001F\u007F-\u009F\u115F\u1160\u3164\uFFA0]/gu;

/** A text that cannot pretend to be another: what is hidden stands there as its code point. */
export function visible(text: string): string {
  return text.replace(HIDDEN, (character) =>
    character === '\r'
      ? '␍'
      : `⟨U+${(character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')}⟩`,
  );
}

/** A name, where it can be typed in a moment; else the other word. */
export function typable(name: string, otherwise: string): string {
  const word = name.trim();
  return word.length <= 40 && visible(word) === word ? word : otherwise;
}

export function countHidden(text: string): number {
  return (text.match(HIDDEN) ?? []).filter((character) => character !== '\r').length;
}

/** A URL whose host shows its real letters: look-alikes of other alphabets stand there as `xn--`. */
export function visibleUrl(url: string): string {
  const host = URL.canParse(url) ? new URL(url).host : '';
  const written = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(url)?.[1] ?? '';

  return visible(/[^\x00-\x7F]/.test(written) && host !== '' ? url.replace(written, host) : url);
}
