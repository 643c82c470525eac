import type { Cluster } from './cluster';
import type { Verdict } from './checker';

/** What a scenario is given. */
export interface ScenarioContext {
  /** Minutes instead of hours. */
  quick: boolean;
  /** Seconds, for every test run: the scenarios that know it do only a part of what the quick mode does. */
  brief: boolean;
  seed: number;
  /** For its files. */
  directory: string;
  /** A database server that it may not end: others use it too. */
  cluster: Cluster;
  say: (text: string) => void;
}

/** What a scenario found. */
export interface ScenarioResult {
  /** What was done, and how often, in a few words. */
  tried: string;
  times: number;
  acknowledged: number;
  lost: number;
  phantom: number;
  duplicates: number;
  /** How long it took until everything was well again, at worst; null: nothing was broken. */
  healedMs: number | null;
  /** What did not hold. Empty: it passed. */
  failures: string[];
  /** Further figures, by name. */
  figures: Record<string, number | string>;
}

export interface Scenario {
  name: string;
  /** What it shows, as a heading of the table of results. */
  title: string;
  /** Null where this machine cannot run it: the reason. */
  impossible?: () => string | null;
  run(context: ScenarioContext): Promise<ScenarioResult>;
}

/**
 * How long something may take. A quick run judges a few seconds on a machine that others may use as well: there the bound
 * is three times as wide, which still shows work that stands still.
 */
export function boundMs(ms: number, { quick }: Pick<ScenarioContext, 'quick'>): number {
  return quick ? 3 * ms : ms;
}

/** The result of one run of the checker, and what must hold in every one. */
export function judge(
  verdict: Verdict,
  outcome: { tried: string; times: number; healedMs: number | null; duplicatesAllowed: number },
): ScenarioResult {
  const { lost, phantom, storedTwice, duplicates, acknowledged } = verdict;
  const failures = [...verdict.contradictions];
  if (lost.length > 0) failures.push(`lost: ${lost.join(', ')}`);
  if (phantom.length > 0) failures.push(`phantom: ${phantom.join(', ')}`);
  if (storedTwice.length > 0) failures.push(`stored twice: ${storedTwice.join(', ')}`);
  if (duplicates > outcome.duplicatesAllowed)
    failures.push(`${duplicates} duplicates, of which at most ${outcome.duplicatesAllowed} were in flight`);
  if (acknowledged === 0) failures.push('nothing was acknowledged');
  const { tried, times, healedMs } = outcome;
  return {
    tried,
    times,
    acknowledged,
    lost: lost.length,
    phantom: phantom.length,
    duplicates,
    healedMs,
    failures,
    figures: { visible: verdict.visible, lagP99Ms: verdict.lagMs.p99, lagMaxMs: verdict.lagMs.max },
  };
}

/** Several results of one kind as one. */
export function sum(tried: string, results: readonly ScenarioResult[]): ScenarioResult {
  const total = (of: (result: ScenarioResult) => number): number =>
    results.reduce((count, result) => count + of(result), 0);
  const healed = results.flatMap(({ healedMs }) => (healedMs === null ? [] : [healedMs]));
  return {
    tried,
    times: total((result) => result.times),
    acknowledged: total((result) => result.acknowledged),
    lost: total((result) => result.lost),
    phantom: total((result) => result.phantom),
    duplicates: total((result) => result.duplicates),
    healedMs: healed.length === 0 ? null : Math.max(...healed),
    failures: results.flatMap((result) => result.failures.map((failure) => `${result.tried}: ${failure}`)),
    figures: {},
  };
}

/** A run that came to no result. */
export function broken(tried: string, error: unknown): ScenarioResult {
  const nothing = { times: 1, acknowledged: 0, lost: 0, phantom: 0, duplicates: 0, healedMs: null, figures: {} };
  return { tried, ...nothing, failures: [error instanceof Error ? error.message : String(error)] };
}
