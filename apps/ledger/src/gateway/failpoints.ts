/**
 * Failpoints stand in the sources as comments, `// failpoint: name`, so that what is published has none. The ledger turns
 * them into calls while it loads the packages (as etcd's gofail does when it builds).
 */
const FAILPOINT = /^[ \t]*\/\/ failpoint: ([a-z_]+\.[a-z_]+)[ \t]*$/gm;

/** Where and when a process is killed. */
export interface Failpoint {
  name: string;
  /** The first pass is 1. */
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

export function toText({ name, pass, afterMs, signal }: Failpoint): string {
  return `${name}@${pass}+${afterMs} ${signal}`;
}

/** @throws when it is no failpoint */
export function parseFailpoint(text: string): Failpoint {
  const match = /^([a-z_.]+)@(\d+)\+(\d+) (SIGKILL|SIGSTOP)$/.exec(text);
  if (!match) throw new Error(`"${text}" is no failpoint such as intake.committed@3+0 SIGKILL`);
  const signal = match[4] as Failpoint['signal'];
  return { name: match[1] as string, pass: Number(match[2]), afterMs: Number(match[3]), signal };
}
