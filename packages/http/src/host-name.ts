import { isIP } from 'node:net';

const PATTERN = /^(?:\*|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[?[0-9a-f.]*:[0-9a-f:.]*\]?)$/i;

/** Whether a name always means this machine: `localhost`, names below it, 127.0.0.0/8 and `::1`. */
export function isLoopbackName(name: string): boolean {
  return name === '::1' || (isIP(name) === 4 && name.startsWith('127.')) || /^(?:[a-z0-9_-]+\.)*localhost$/.test(name);
}

/** Whether a text is a valid entry of a list of hosts: a name, an address, `*.example.com` for every name below, or `*`. */
export function isHostPattern(text: string): boolean {
  return PATTERN.test(text);
}

/** A list of host names. Ports do not matter. */
export class HostNames {
  private readonly names: ReadonlySet<string>;
  private readonly endings: readonly string[];

  /** @param patterns names, addresses, `*.example.com`, `*` */
  constructor(patterns: readonly string[]) {
    const lower = patterns.map((pattern) => pattern.toLowerCase().replace(/^\[|\]$/g, ''));
    this.names = new Set(lower);
    this.endings = lower.filter((pattern) => pattern.startsWith('*.')).map((pattern) => pattern.slice(1));
  }

  /** @param name in the form that `hostName` returns */
  has(name: string): boolean {
    return (
      this.names.has('*') ||
      this.names.has(name) ||
      this.endings.some((ending) => name.length > ending.length && name.endsWith(ending))
    );
  }
}
