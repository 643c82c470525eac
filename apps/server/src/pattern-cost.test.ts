import { attacksOn, textOf, type Attack } from './testing/attack';
import { patternsIn, productPatterns, type ProductPattern } from './testing/product-patterns';

const LENGTH = 65_536;
/** A linear pattern needs about a millisecond for the full length, a quadratic one seconds. */
const LIMIT_MS = 250;
const isFull = process.env['PAGGIO_FULL'] !== undefined;
/**
 * The limit for short texts before longer ones are tried. A linear pattern stays far below it. A pattern that is too slow
 * for the full length needs a millisecond for 4,096 characters, because a quarter of the text takes a sixteenth of the time.
 */
const SUSPICIOUS_MS = isFull ? 3 : 1;

/** Patterns that are built from a value, and why nobody outside can choose that value. */
const built: Readonly<Record<string, string>> = {
  'packages/core/src/transport/identity-headers.ts': 'prefixes of header names, which are constants',
  'packages/http/src/session-cookie.ts': 'the names of the cookies are constants',
  'packages/nestjs/src/paggio.module.ts': 'paths of the operations below the mount path, which are escaped',
  'packages/http/src/resources/shared/page.dto.ts': 'the form of a UUID is a constant',
  'packages/http/src/wire-names.ts': 'the names of inputs are constants',
  'packages/providers/src/scheme/sns.ts': 'the origin is a constant',
  'packages/providers/src/scheme/url-fields.ts': 'the name of a parameter from the catalogue',
};

/** Uses a pattern as the product does: for all matches, or for the first one. */
function run(pattern: RegExp, text: string): void {
  pattern.lastIndex = 0;
  if (pattern.global) text.replace(pattern, '');
  else if (pattern.sticky) while (pattern.lastIndex < text.length && pattern.test(text));
  else pattern.test(text);
}

/** The processor time of this process in milliseconds, so that other work of a busy machine does not count. */
function costOf(pattern: RegExp, ...texts: string[]): number {
  const before = process.cpuUsage();
  for (const text of texts) run(pattern, text);
  return process.cpuUsage(before).user / 1000;
}

/** Short texts first, because a pattern with exponential time must be noticed before it takes minutes. */
const LENGTHS = [20, 23, 26, 32, 64, 256, 1024, isFull ? 8192 : 4096];
/** For attacks that one of these lengths made suspicious. The smaller the steps, the less time a slow pattern takes. */
const MORE_LENGTHS = [...LENGTHS, 384, 512, 768, 2048, 4096, 6144, 8192, 12_288, 16_384, 32_768, LENGTH].sort(
  (a, b) => a - b,
);
/** A measurement costs more than a short text, so attacks are measured together until they need too much time. */
const TOGETHER = 16;

/** Says how slow a pattern is on an attack with a text of this or a greater length; null if it is not slow. */
function weakness(pattern: RegExp, attack: Attack, from: number, limitMs: number): string | null {
  for (const length of MORE_LENGTHS.filter((one) => one >= from)) {
    const text = textOf(attack, length);
    // Measure again, because the engine or the garbage collector may have interfered.
    if (costOf(pattern, text) <= limitMs) continue;
    const cost = costOf(pattern, text);
    if (cost > limitMs) return `${Math.round(cost)} ms for ${length} characters of ${JSON.stringify(attack)}`;
  }
  return null;
}

function weaknessOf(pattern: RegExp, limitMs = LIMIT_MS): string | null {
  const attacks = attacksOn(pattern);
  for (let at = 0; at < attacks.length; at += TOGETHER) {
    const group = new Set(attacks.slice(at, at + TOGETHER));
    for (const length of LENGTHS) {
      if (costOf(pattern, ...[...group].map((attack) => textOf(attack, length))) <= SUSPICIOUS_MS) continue;
      for (const attack of group) {
        // Its share of the time, or the next length could take a whole group of such attacks very long.
        if (costOf(pattern, textOf(attack, length)) <= SUSPICIOUS_MS / TOGETHER) continue;
        const found = weakness(pattern, attack, length, limitMs);
        if (found !== null) return found;
        group.delete(attack);
      }
    }
  }
  return null;
}

let found: ProductPattern[] | undefined;
const all = (): readonly ProductPattern[] => (found ??= productPatterns());

test('no pattern of the product takes more than linear time on 64 kB of its worst text', () => {
  const patterns = all();
  expect(patterns.length).toBeGreaterThan(100);
  const different = new Map(patterns.map((one) => [String(one.pattern), one]));
  const weak = [...different.values()].flatMap(({ place, pattern, text }) => {
    const found = pattern === null ? null : weaknessOf(pattern);
    return found === null ? [] : [`${place} ${text}: ${found}`];
  });
  expect(weak).toEqual([]);
});

test('no text from outside becomes a pattern', () => {
  const dynamic = all().filter(({ text }) => !text.startsWith('/'));
  expect([...new Set(dynamic.map(({ place }) => place.split(':')[0]))].sort()).toEqual(Object.keys(built).sort());
});

test('the attacks recognise patterns that are known to be slow', () => {
  const slow = [
    String.raw`/\b([a-z][a-z0-9+.-]*:\/\/[^\s:@/]*):[^\s/]+@/gi`,
    '/=+$/',
    String.raw`/"(?:[^"\\]|\\.)*"/g`,
    '/^(?:a+)+$/',
    String.raw`/^(\w+\s?)*$/`,
    String.raw`/^\s*(.*?)\s*$/`,
    String.raw`/x*y*z*!/`,
    String.raw`/\s+;/`,
    String.raw`/#.*$/`,
  ];
  // A high limit takes long texts, and with them most of the time of this test.
  const limitMs = isFull ? 50 : 10;
  const found = slow.map(
    (text) => weaknessOf(patternsIn('x.ts', `x(${text})`)[0]?.pattern as RegExp, limitMs) !== null,
  );
  expect(found).toEqual(slow.map(() => true));
});
