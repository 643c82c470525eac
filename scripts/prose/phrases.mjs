/** `pattern`: global. `say`: what to write instead. `only`: `comment`, `text` or `page`; default: everywhere. */
export const phrases = [
  { pattern: /\bfor so long\b/gi, say: 'for this long, or the time itself' },
  {
    pattern: /\bso (many|much|often|long)\b(?! (that|as))(?=[^,;]*$|[ .,;:)])/gi,
    say: 'this many, as much, as often; or the number itself',
  },
  { pattern: /(?<!there )\b(is|are|was|were) none\b/gi, say: 'is not one; there is none' },
  { pattern: /\b(that|which|who) (is|are|was|were) no (?!longer|more|one)/gi, say: 'is not a' },
  { pattern: /\bwhoever\b/gi, say: 'anyone who; the client that' },
  { pattern: /\b(himself|herself)\b/gi, say: 'itself, themselves' },
  { pattern: /\b(in vain)\b/gi, say: 'without success; and failed' },
  { pattern: /\bto be had\b/gi, say: 'available' },
  { pattern: /\b(is|are|was|were|be|been|being) (told|had)\b/gi, say: 'is notified; learns; is reported' },
  { pattern: /\bthe one (that|who|which)\b/gi, say: 'name the thing' },
  { pattern: /^\/\*\* (Of|By|As|In)\b(?! (soon|long|far))/g, say: 'begin with a verb or a noun', only: 'comment' },
];
