import type { ClaimResult } from './claim-bench';
import type { CostFigure, CostResult } from './cost-bench';
import type { Cost } from './cpu-meter';
import type { DeliveryFigure, DeliveryResult, Latency } from './delivery-bench';
import type { FairnessResult } from './fairness-bench';
import type { IngestResult } from './ingest-bench';
import type { ListResult } from './list-bench';
import { summary, type PeersResult } from './peers-bench';
import type { ProcessResult } from './process-bench';
import { median } from './statistics';

const rate = (value: number): string => `${Math.round(value).toLocaleString('en')}/s`.padStart(9);
const range = (values: readonly number[]): string => `(${Math.min(...values)}-${Math.max(...values)}/s)`;
const latency = ({ p50Ms, p99Ms }: { p50Ms: number; p99Ms: number }): string =>
  `p50 ${p50Ms.toFixed(1)} ms   p99 ${p99Ms.toFixed(1)} ms`;

/** CPU time of an event: in all, of the server, of the store, and of its parts from 1 us. */
function cpu({ server, store, parts }: Cost): string {
  const us = (value: number): string => String(Math.round(value));
  if (server === 0) return 'CPU unknown';
  if (store === 0) return `CPU ${us(server)} us`;
  const named = Object.entries(parts)
    .filter(([name, value]) => name !== 'server' && value >= 1)
    .sort(([, a], [, b]) => b - a)
    .map(([name, value]) => `${name} ${us(value)}`);
  return `CPU ${us(server + store)} us: server ${us(server)}, store ${us(store)} (${named.join(', ')})`;
}

export function printIngest(result: IngestResult): void {
  heading(
    `Ingest: ${result.settings.bodyBytes} B bodies, ${result.settings.rounds} alternating rounds of ${result.settings.roundMs / 1000} s`,
  );
  for (const one of result.figures) {
    console.log(
      `${one.name.padEnd(56)} ${rate(one.median)}   ${one.ratio.toFixed(2)} of bare   ${latency(one)}   ${range(one.rounds)}`,
    );
    console.log(`${' '.repeat(57)}${cpu(one.cost)}`);
  }
  console.log('targets: 0.40 at 64 connections, 0.50 at 256 (medians of the ratios of the rounds)');
  console.log(
    `acknowledged ${result.acknowledged}, stored ${result.stored}, refused ${result.figures.reduce((all, { failed }) => all + failed, 0)}; fsync and synchronous_commit on; ${result.database.split(' on ')[0]}`,
  );
}

export function printDelivery(result: DeliveryResult): void {
  const row = (name: string, { rounds, cost }: DeliveryFigure, more: string): void => {
    console.log(`${name.padEnd(42)} ${rate(median(rounds))}   ${more}   ${range(rounds)}`);
    console.log(`${' '.repeat(43)}${cpu(cost)}`);
  };
  heading(`Delivery: ${result.settings.connections} in flight to one destination, ${result.settings.rounds} rounds`);
  row('raw undici dispatch, nothing stored', result.undici, 'the limit for a backlog');
  row('claimed from a backlog', result.backlog, ratio(result.backlogRatio, 0.3));
  row('relay: node:http + HMAC + undici', result.relay, 'the limit for the hand-off');
  row('handed over by capture at full load', result.handoff, ratio(result.handoffRatio, 0.3));
  console.log(
    `SQL statements per delivered event: ${result.statementsPerBacklogDelivery.toFixed(3)} from a backlog, ${result.statementsPerHandoffEvent.toFixed(3)} capture included (target 0.05)`,
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
      `${String(lane.destinations).padStart(5)} destinations   look ${latency(lane.look)}   claim ${latency(lane.claim)}   ${lane.perClaim} claimed at once`,
    );
  }
  console.log('target: a claim p50 3 ms');
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
  for (const one of [paggio, ...others]) {
    console.log(`${one.name.padEnd(38)} drained: ${cpu(one.drainCost)}`);
    console.log(`${' '.repeat(39)}at 400/s: ${cpu(one.steadyCost)}`);
  }
  for (const reason of result.skipped) console.log(`left out: ${reason}`);
}

export function printCost(result: CostResult): void {
  heading(
    `CPU time of an event that is captured and delivered by one process, ${result.settings.rounds} rounds of ${result.settings.steadyMs / 1000} s`,
  );
  for (const [n, { rate }] of (result.stacks[0]?.figures ?? []).entries()) {
    console.log(rate === 'full speed' ? `full speed, ${result.settings.connections} connections` : `${rate}/s`);
    for (const { name, figures } of result.stacks) {
      const one = figures[n] as CostFigure;
      const speed = rate === 'full speed' ? `${Math.round(one.perSecond)}/s` : latency(one.arrival);
      console.log(`  ${name.padEnd(38)} ${one.ofRelay.toFixed(1)} x relay   ${speed}   ${cpu(one.cost)}`);
    }
  }
  console.log('targets: 4 x relay at 100/s and 400/s, 3.5 at full speed');
  console.log(`write-ahead log: ${Math.round(result.walBytes)} B an event without page images (target 4300)`);
  console.log(
    `idle: ${result.idle.transactions.toFixed(1)} transactions and ${result.idle.cpuMs.toFixed(1)} ms of CPU a second (target 1 transaction)`,
  );
  for (const reason of result.skipped) console.log(`left out: ${reason}`);
}

export function printProcess({ settings, startMs, standstillMs, memoryMb }: ProcessResult): void {
  const ms = (values: readonly number[]): string =>
    `${Math.round(median(values))} ms (${values.map((value) => Math.round(value)).join(', ')})`;
  heading('One process');
  console.log(`start of the built server to the first 2xx: ${ms(startMs)}   target 1000 ms`);
  console.log(
    `kill -9 with a slow destination, until all has arrived after the start: ${ms(standstillMs)}   target 3000 ms`,
  );
  console.log(
    `memory: ${Math.round(memoryMb.started)} MiB at the start, ${Math.round(memoryMb.after)} MiB after ${settings.events.toLocaleString('en')} events   target 160 MiB`,
  );
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
