import { RecentMap } from '@paggio/core';

const FRESH_MS = 500;
const MAX_REMEMBERED = 10_000;

/** Answers repeated questions within half a second from one check, because many streams may share a key or session. */
export class SharedChecks {
  private readonly recent = new RecentMap<string, { at: number; answer: Promise<boolean> }>(MAX_REMEMBERED);

  ask(name: string, question: () => Promise<boolean>): Promise<boolean> {
    const now = performance.now();
    const known = this.recent.get(name);
    if (known && now - known.at < FRESH_MS) return known.answer;
    const answer = question();
    this.recent.set(name, { at: now, answer });
    return answer;
  }
}
