import type { ClaimResult } from './claim-bench';
import type { DeliveryResult, Latency } from './delivery-bench';
import type { FairnessResult } from './fairness-bench';
import type { Figure, IngestResult } from './ingest-bench';
import type { ListResult } from './list-bench';
import { summary, type PeersResult } from './peers-bench';
import { median } from './statistics';

const rate = (value: number): string => `${Math.round(value).toLocaleString('en')}/s`.padStart(9);
const range = (values: readonly number[]): string => `(${Math.min(...values)}-${Math.max(...values)}/s)`;
const latency = ({ p50Ms, p99Ms }: { p50Ms: number; p99Ms: number }): string =>
  `p50 ${p50Ms.toFixed(1)} ms   p99 ${p99Ms.toFixed(1)} ms`;

export function printIngest(result: IngestResult): void {
  const row = (figure: Figure): string =>
    `${figure.name.padEnd(42)} ${rate(figure.median)}   ${latency(figure)}   ${range(figure.rounds)}`;
  heading(
    `Ingest: ${result.settings.connections} connections, ${result.settings.bodyBytes} B bodies, ${result.settings.rounds} alternating rounds of ${result.settings.roundMs / 1000} s`,
  );
  console.log(row(result.bare));
  console.log(row(result.paggio));
  console.log(`durable ingest / bare: ${result.ratio.toFixed(2)} (median of the rounds' ratios; target 0.60)`);
  console.log(
    `acknowledged ${result.acknowledged}, stored ${result.stored}, refused ${result.paggio.failed}; fsync and synchronous_commit on; ${result.database.split(' on ')[0]}`,
  );
}

export function printDelivery(result: DeliveryResult): void {
  const row = (name: string, rounds: readonly number[], more: string): string =>
    `${name.padEnd(42)} ${rate(median(rounds))}   ${more}   ${range(rounds)}`;
  heading(`Delivery: ${result.settings.connections} in flight to one destination, ${result.settings.rounds} rounds`);
  console.log(row('raw undici dispatch, nothing stored', result.limit, 'the limit for one process'));
  console.log(row('claimed from a backlog', result.backlog, ratio(result.backlogRatio, 0.4)));
  console.log(row('handed over by capture at full load', result.handoff, ratio(result.handoffRatio, 0.5)));
  console.log(
    `SQL statements per delivered event: ${result.statementsPerBacklogDelivery.toFixed(3)} from a backlog, ${result.statementsPerHandoffEvent.toFixed(3)} capture included (target 0.2)`,
  );
  const way = (name: string, one: Latency): void =>
    console.log(`sender to destination at 400/s, ${name.padEnd(14)} ${latency(one)}   (${one.count} events)`);
  way('one process', result.oneProcess);
  way('two processes', result.twoProcesses);
}

export function printFairness(result: FairnessResult): void {
  heading(
    `Fairness: 20 healthy endpoints at 200/s, one dead neighbour with ${result.settings.queued} queued, ${result.settings.rounds} rounds`,
  );
  const middle = (of: readonly Latency[]): string =>
    latency({ p50Ms: median(of.map((one) => one.p50Ms)), p99Ms: median(of.map((one) => one.p99Ms)) });
  console.log(`alone                 ${middle(result.alone)}`);
  console.log(`beside the dead one   ${middle(result.besideDead)}`);
  console.log(
    `delivered ${result.delivered} of ${result.sent}; p50 ${result.p50Ratio.toFixed(2)}x (target 1.1), p99 ${result.p99Ratio.toFixed(2)}x (target 1.2)`,
  );
}

export function printClaim(result: ClaimResult): void {
  heading(
    `Claim of 200 with ${result.settings.backlog.toLocaleString('en')} deliveries due, ${result.settings.claims} claims each`,
  );
  for (const lane of result.lanes) {
    console.log(
      `${String(lane.destinations).padStart(5)} destinations   ${latency(lane)}   ${lane.perClaim} claimed at once`,
    );
  }
  console.log('target: p50 3 ms');
}

export function printPeers(result: PeersResult): void {
  heading(
    `The whole way: durable ingest, then the backlog drained, then 400/s; ${result.settings.rounds} rounds, in turn`,
  );
  const [paggio, ...others] = result.stacks.map((stack) => ({ name: stack.name, ...summary(stack) }));
  if (!paggio) return;
  for (const one of [paggio, ...others]) {
    const times =
      one === paggio
        ? ''
        : `Paggio: ${(paggio.ingest / one.ingest).toFixed(1)}x ingest, ${(paggio.drained / one.drained).toFixed(1)}x drained`;
    console.log(
      `${one.name.padEnd(38)} ingest ${rate(one.ingest)}   drained ${rate(one.drained)}   ${latency(one)}   ${times}`,
    );
  }
  for (const reason of result.skipped) console.log(`left out: ${reason}`);
}

function heading(text: string): void {
  console.log(`\n${text}`);
}

function ratio(value: number, target: number): string {
  return `${value.toFixed(2)} of the limit (target ${target.toFixed(2)})`;
}

export function printList({ settings, buildSeconds, filters, statsMs }: ListResult): void {
  heading(
    `Lists of ${settings.events.toLocaleString('en')} events (built in ${Math.round(buildSeconds)} s): first pages, deep ones and offsets, ${settings.calls * 2} for each filter`,
  );
  const ms = (value: number): string => `${value.toFixed(1)} ms`.padStart(9);
  for (const { name, p50Ms, p95Ms, total, plan } of filters)
    console.log(`${name.padEnd(20)} p50 ${ms(p50Ms)}   p95 ${ms(p95Ms)}   total ${total.padEnd(7)} ${plan}`);
  console.log(`statistics of 30 days${ms(statsMs)}; target: p95 50 ms, text search 200 ms`);
}
