import { RegExpParser, type AST } from '@eslint-community/regexpp';

/** The parts of a text that may make a pattern slow. The middle part is repeated to any length. */
export interface Attack {
  before: string;
  repeated: string;
  after: string;
}

/** Characters that the product's patterns distinguish, in addition to those that a pattern contains itself. */
const COMMON = ['a', 'Z', '0', ' ', '\n', '.', '-', '_', '"', '\\', '/', ':', '@', '=', '&', '\0', 'é', '\u2028'];
const MAX_SAMPLES = 8;

/**
 * Derives the worst texts for a pattern from the pattern itself. For each repeating part, a text has the prefix of that
 * part (once, or before each repetition), then many repetitions of what the part matches, then something that does not
 * match. Further texts alternate what two repeating parts match.
 */
export function attacksOn(pattern: RegExp): Attack[] {
  const { source, flags } = pattern;
  const tree = new RegExpParser().parsePattern(source, undefined, undefined, {
    unicode: flags.includes('u'),
    unicodeSets: flags.includes('v'),
  });
  const sampler = new Sampler(tree, flags);
  const repeats = repeatsIn(tree).map((quantifier) => ({
    prefixes: sampler.before(quantifier),
    pumps: sampler.of(quantifier.element).filter((text) => text !== ''),
  }));
  const found = new Map<string, Attack>();
  const add = (before: string, repeated: string): void => {
    if (repeated === '') return;
    for (const after of ['', '\0', '\n'])
      found.set(JSON.stringify([before, repeated, after]), { before, repeated, after });
  };
  if (repeats.length === 0) return [];
  for (const character of sampler.alphabet) add('', character);
  for (const whole of sampler.alternatives(tree.alternatives)) {
    add('', whole);
    add('', whole.slice(0, -1));
  }
  for (const { prefixes, pumps } of repeats) {
    for (const pump of pumps) {
      for (const prefix of prefixes) {
        add(prefix, pump);
        add('', prefix + pump);
      }
      // The text before the repetition may also be something that no match begins with.
      for (const start of ['', 'a', '\n']) add(start, pump);
    }
  }
  const all = [...new Set(repeats.flatMap(({ pumps }) => pumps))].slice(0, 12);
  for (const one of all) {
    for (const other of all) if (one !== other) add('', one + other);
  }
  return [...found.values()];
}

export function textOf({ before, repeated, after }: Attack, length: number): string {
  return before + repeated.repeat(Math.max(1, Math.floor(length / repeated.length))) + after;
}

/** Finds the parts that may match long texts: those with no upper limit, or with a high one. */
function repeatsIn(node: AST.Node): AST.Quantifier[] {
  const inside = childrenOf(node).flatMap(repeatsIn);
  return node.type === 'Quantifier' && node.max >= 16 ? [node, ...inside] : inside;
}

function childrenOf(node: AST.Node): AST.Node[] {
  if (node.type === 'Quantifier') return [node.element];
  if ('alternatives' in node && node.type !== 'ClassStringDisjunction') return [...node.alternatives];
  return node.type === 'Alternative' ? [...node.elements] : [];
}

/** Makes sample texts that the parts of a pattern match. */
class Sampler {
  readonly alphabet: readonly string[];

  constructor(
    tree: AST.Pattern,
    private readonly flags: string,
  ) {
    // Assertions depend on word characters and line ends.
    const sets: RegExp[] = [/\w/, /[\n\r\u2028\u2029]/];
    const own = new Set<string>();
    const collect = (node: AST.Node): void => {
      if (node.type === 'Character') own.add(String.fromCodePoint(node.value));
      if (node.type === 'Character' || node.type === 'CharacterClass' || node.type === 'CharacterSet')
        sets.push(this.one(node));
      if (node.type === 'CharacterClass') {
        for (const element of node.elements) {
          if (element.type === 'Character') own.add(String.fromCodePoint(element.value));
          else if (element.type === 'CharacterClassRange') own.add(String.fromCodePoint(element.min.value));
        }
      }
      childrenOf(node).forEach(collect);
    };
    collect(tree);
    // One character is enough for each set that all parts of the pattern treat alike.
    const kinds = new Map<string, string>();
    for (const character of [...own, ...COMMON]) {
      const kind = sets.map((set) => Number(set.test(character))).join('');
      if (!kinds.has(kind)) kinds.set(kind, character);
    }
    this.alphabet = [...kinds.values()];
  }

  private one(node: AST.Node): RegExp {
    return new RegExp(`^(?:${node.raw})$`, this.flags.replace(/[gy]/g, ''));
  }

  of(node: AST.Node): string[] {
    if (node.type === 'Character') return [String.fromCodePoint(node.value)];
    if (node.type === 'CharacterSet' || node.type === 'CharacterClass') {
      const one = this.one(node);
      return this.alphabet.filter((character) => one.test(character)).slice(0, MAX_SAMPLES);
    }
    if (node.type === 'Group' || node.type === 'CapturingGroup') return this.alternatives(node.alternatives);
    if (node.type !== 'Quantifier') return [''];
    const repeated = this.of(node.element).map((text) => text.repeat(Math.max(1, Math.min(node.min, 64))));
    return node.min === 0 ? ['', ...repeated] : repeated;
  }

  alternatives(alternatives: readonly AST.Alternative[]): string[] {
    return alternatives.flatMap(({ elements }) => this.sequence(elements)).slice(0, MAX_SAMPLES * 2);
  }

  /** The texts that can come before this part. */
  before(node: AST.Node): string[] {
    const { parent } = node;
    if (!parent) return [''];
    const outside = this.before(parent);
    if (parent.type !== 'Alternative') return outside;
    const elements = parent.elements.slice(0, parent.elements.indexOf(node as AST.Element));
    const inside = this.sequence(elements);
    return [...new Set(outside.flatMap((one) => inside.map((other) => one + other)))].slice(0, MAX_SAMPLES);
  }

  /** Combines the samples of several parts. It varies one part at a time and takes the first sample of all others. */
  private sequence(elements: readonly AST.Element[]): string[] {
    const parts = elements.map((element) => this.of(element));
    if (parts.some((texts) => texts.length === 0)) return [];
    const first = parts.map(([text]) => text as string);
    const found = [first.join('')];
    parts.forEach((texts, index) => {
      for (const text of texts.slice(1)) found.push(first.with(index, text).join(''));
    });
    return [...new Set(found)].slice(0, MAX_SAMPLES * 2);
  }
}
