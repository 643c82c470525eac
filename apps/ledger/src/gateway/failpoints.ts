/**
 * Failpoints stand in the sources as comments, `// failpoint: name`, so that what is published has none. The ledger turns
 * them into calls while it loads the packages (as etcd's gofail does when it builds).
 */
const FAILPOINT = /^[ \t]*\/\/ failpoint: ([a-z_]+\.[a-z_]+)[ \t]*$/gm;

/** Where and when a process is killed. */
export interface Failpoint {
  name: string;
  /** Counted from when it was armed; the first pass is 1. */
  pass: number;
  /** How long after the pass, in milliseconds: what was begun there is under way then. */
  afterMs: number;
  /** What the process does to itself. */
  signal: 'SIGKILL' | 'SIGSTOP';
}

/** A source with its failpoints as calls. */
export function armed(source: string): string {
  return source.replace(FAILPOINT, (_comment, name: string) => `globalThis.paggioFailpoint(${JSON.stringify(name)});`);
}

export function namesIn(source: string): string[] {
  return [...source.matchAll(FAILPOINT)].map((match) => match[1] as string);
}
