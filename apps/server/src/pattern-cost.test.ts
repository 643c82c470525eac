import { attacksOn, textOf, type Attack } from './testing/attack';
import { patternsIn, productPatterns, type ProductPattern } from './testing/product-patterns';

const LENGTH = 65_536;
/** A linear pattern needs about a millisecond for the full length, a quadratic one seconds. */
const LIMIT_MS = 250;
/** The limit for short texts before longer ones are tried. A linear pattern stays far below it. */
const SUSPICIOUS_MS = 3;

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
function costOf(pattern: RegExp, text: string): number {
  const before = process.cpuUsage();
  run(pattern, text);
  return process.cpuUsage(before).user / 1000;
}

/** Short texts first, because a pattern with exponential time must be noticed before it takes minutes. */
const LENGTHS = [20, 23, 26, 32, 64, 256, 1024, 8192, 16_384, 32_768, LENGTH];

/** Says how slow a pattern is on an attack; null if it is not slow. */
function weakness(pattern: RegExp, attack: Attack, limitMs: number): string | null {
  let isSuspicious = false;
  for (const length of LENGTHS) {
    if (length > 8192 && !isSuspicious) return null;
    const text = textOf(attack, length);
    const first = costOf(pattern, text);
    isSuspicious ||= first > SUSPICIOUS_MS;
    if (first <= limitMs) continue;
    // Measure again, because the engine or the garbage collector may have interfered.
    const cost = Math.min(first, costOf(pattern, text));
    if (cost > limitMs) return `${Math.round(cost)} ms for ${length} characters of ${JSON.stringify(attack)}`;
  }
  return null;
}

function weaknessOf(pattern: RegExp, limitMs = LIMIT_MS): string | null {
  for (const attack of attacksOn(pattern)) {
    const found = weakness(pattern, attack, limitMs);
    if (found !== null) return found;
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
  const found = slow.map((text) => weaknessOf(patternsIn('x.ts', `x(${text})`)[0]?.pattern as RegExp, 50) !== null);
  expect(found).toEqual(slow.map(() => true));
});
