import { invalid, type ErrorDetail } from '../errors';
import type { Paggio } from '../paggio';
import type { Shape } from './shape';
import * as shapes from './shapes';

/** What an operation calls its arguments, with their shapes. An empty name: mistakes name the members alone. */
type Arguments = readonly (readonly [name: string, shape: Shape])[];

const owner: Arguments[number] = ['owner', shapes.owner];
const id: Arguments[number] = ['id', shapes.id];
const condition: Arguments[number] = ['condition', shapes.precondition];
const paging: Arguments[number] = ['paging', shapes.paging];

/**
 * The arguments of the operations that an app may call. HTTP calls the same operations, after its own check of names and
 * forms on the wire.
 */
export const operations = {
  endpoints: {
    create: [owner, ['', shapes.newEndpoint]],
    get: [owner, id],
    list: [owner, paging],
    update: [owner, id, ['', shapes.endpointChange], condition],
    delete: [owner, id, condition],
    addDestination: [owner, id, ['', shapes.newDestination]],
    updateDestination: [owner, id, ['destinationId', shapes.id], ['', shapes.destinationChange], condition],
    deleteDestination: [owner, id, ['destinationId', shapes.id], condition],
    destination: [owner, id, ['destinationId', shapes.id]],
    revealSecret: [owner, id],
    rotateSecret: [owner, id, ['overlapSeconds', shapes.overlapSeconds]],
  },
  keys: {
    create: [
      ['principal', shapes.principal],
      ['', shapes.newKey],
    ],
    list: [owner, paging],
    revoke: [owner, id],
  },
  events: {
    list: [owner, ['filter', shapes.filter], paging],
    summaries: [owner, ['ids', shapes.ids]],
    contents: [owner, ['ids', shapes.ids]],
    get: [owner, id],
    attempts: [owner, id, paging],
    cancel: [owner, id],
  },
  replays: {
    send: [owner, id, ['', shapes.replayTarget], ['options', shapes.replayOptions]],
    redeliver: [owner, id, ['idempotencyKey', shapes.idempotencyKey]],
  },
  bulkReplays: {
    create: [owner, ['', shapes.bulkReplay]],
    get: [owner, id],
    list: [owner, paging],
    cancel: [owner, id],
  },
  notifications: {
    get: [owner],
    put: [owner, ['', shapes.notifications], condition],
    test: [owner, ['channel', shapes.channelName]],
  },
  stats: { read: [owner, ['', shapes.stats]] },
  rejections: { list: [owner, ['endpointId', shapes.endpointId], paging], get: [owner, id] },
  explanations: { ofRejection: [owner, id], ofEvent: [owner, id] },
  handlers: { remove: [['name', shapes.handlerName]] },
  testEvents: { send: [owner, id, ['eventType', shapes.eventType]] },
  sessions: { createLink: [['principal', shapes.principal]] },
} satisfies { [Service in keyof Paggio]?: { [Operation in keyof Paggio[Service]]?: Arguments } };

const published: Arguments = [
  ['', shapes.ownEvent],
  ['options', shapes.publishOptions],
];

/** @throws PaggioError `VALIDATION_FAILED` */
export function checkPublish(...args: unknown[]): void {
  const problems = problemsOf(published, args);
  if (problems.length > 0) throw invalid(problems);
}

function problemsOf(expected: Arguments, args: readonly unknown[]): ErrorDetail[] {
  return expected.flatMap(([field, shape], index) => shape(args[index], field));
}

type Operation = (...args: unknown[]) => Promise<unknown>;

/** Makes the operations of the table refuse arguments of a wrong shape, before they do anything. */
export function checkArguments(services: { [Service in keyof typeof operations]: object }): void {
  for (const [service, table] of Object.entries(operations)) {
    const target = services[service as keyof typeof operations] as Record<string, Operation>;
    for (const [name, expected] of Object.entries(table) as [string, Arguments][]) {
      const run = (target[name] as Operation).bind(target);
      target[name] = (...args) => {
        const problems = problemsOf(expected, args);
        return problems.length > 0 ? Promise.reject(invalid(problems)) : run(...args);
      };
    }
  }
}
