/**
 * Failpoints are comments in the sources, `// failpoint: name`, so the published code has none. The ledger turns them
 * into calls while it loads the packages (as etcd's gofail does when it builds).
 */
const FAILPOINT = /^[ \t]*\/\/ failpoint: ([a-z_]+\.[a-z_]+)[ \t]*$/gm;

/** Where and when a process is killed. */
export interface Failpoint {
  name: string;
  /** Which pass counts, from the moment when the failpoint was armed; the first is 1. */
  pass: number;
  /** Delay after the pass, in milliseconds, so that what begins there is under way. */
  afterMs: number;
  /** The signal that the process sends to itself. */
  signal: 'SIGKILL' | 'SIGSTOP';
}

/** The source with its failpoints turned into calls. */
export function armed(source: string): string {
  // Most files have none, and a search for a plain text is faster than one for a pattern.
  if (!source.includes('// failpoint: ')) return source;
  return source.replace(FAILPOINT, (_comment, name: string) => `globalThis.paggioFailpoint(${JSON.stringify(name)});`);
}

export function namesIn(source: string): string[] {
  return [...source.matchAll(FAILPOINT)].map((match) => match[1] as string);
}
