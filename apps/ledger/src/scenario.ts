import type { Cluster } from './cluster';
import type { Verdict } from './checker';
import type { SharedLife } from './life';
import type { SmallDisk } from './small-disk';

/** The input of a scenario. */
export interface ScenarioContext {
  /** Whether the run takes minutes instead of hours. */
  quick: boolean;
  /**
   * Set when the run takes only seconds, as in every test run. Scenarios that support it do only a part of the quick
   * mode, in a life that they share.
   */
  brief: Brief | null;
  seed: number;
  /** The folder for its files. */
  directory: string;
  /** A shared database server, which a scenario must not end. */
  cluster: Cluster;
  say: (text: string) => void;
}

/** What the scenarios of the brief mode share. */
export interface Brief {
  life: SharedLife;
  /** Where its database is stored; `null` when the machine lets nobody mount one. */
  smallDisk: SmallDisk | null;
}

/** The result of a scenario. */
export interface ScenarioResult {
  /** What was done, and how often, in a few words. */
  tried: string;
  times: number;
  acknowledged: number;
  lost: number;
  phantom: number;
  duplicates: number;
  /** The longest time until everything worked again; `null` when nothing was broken. */
  healedMs: number | null;
  /** What did not hold. Empty when the scenario passed. */
  failures: string[];
  /** Further figures, by name. */
  figures: Record<string, number | string>;
}

export interface Scenario {
  name: string;
  /** What it shows, in the words of the table of results. */
  title: string;
  /** Returns why this machine cannot run the scenario, or null. */
  impossible?: () => string | null;
  run(context: ScenarioContext): Promise<ScenarioResult>;
}

/**
 * Messages are sent for this long before their times are judged, because a process compiles its code in its first
 * seconds.
 */
export const WARM_UP_SECONDS = 15;

/**
 * How long something may take. A quick run measures only a few seconds, on a machine that others may use too, so its
 * bound is three times as wide. That still shows work that has stopped.
 */
export function boundMs(ms: number, { quick }: Pick<ScenarioContext, 'quick'>): number {
  return quick ? 3 * ms : ms;
}

/** Makes a result of a verdict, with the failures of what must hold in every scenario. */
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

/** Adds up several results of one kind. */
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

/** The result of a run that threw an error. */
export function broken(tried: string, error: unknown): ScenarioResult {
  const nothing = { times: 1, acknowledged: 0, lost: 0, phantom: 0, duplicates: 0, healedMs: null, figures: {} };
  return { tried, ...nothing, failures: [error instanceof Error ? error.message : String(error)] };
}
