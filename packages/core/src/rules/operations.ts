import { invalid } from '../errors';
import { problemsOf, type Arguments } from '../input/check';
import { anyText, callable, optional } from '../input/shape';
import * as shapes from './shapes';

const owner: Arguments[number] = ['owner', shapes.owner];
const principal: Arguments[number] = ['principal', shapes.principal];
const id: Arguments[number] = ['id', shapes.id];
const condition: Arguments[number] = ['condition', shapes.precondition];
const paging: Arguments[number] = ['paging', shapes.paging];
const destinationId: Arguments[number] = ['destinationId', shapes.id];
const endpoint: Arguments[number] = ['endpoint', shapes.endpointConfig];
const token: Arguments[number] = ['token', anyText];
const key: Arguments[number] = ['key', anyText];
const browser: Arguments[number] = ['browser', optional(shapes.browser)];

/**
 * The arguments of every operation of the services of a `Paggio`. HTTP calls the same operations, after its own check
 * of names and forms on the wire.
 */
export const operations = {
  address: {
    mountedAt: [['path', shapes.path]],
    publishedAt: [['publicUrl', shapes.httpUrl]],
    listeningAt: [['url', shapes.httpUrl]],
  },
  capture: {
    route: [
      ['slug', anyText],
      ['method', anyText],
      ['sender', shapes.remoteAddr],
      ['announced', shapes.announced],
    ],
    receive: [endpoint, ['request', shapes.captureRequest]],
    submit: [endpoint, ['request', shapes.captureRequest], ['sink', shapes.captureSink]],
  },
  ingest: {
    route: [owner, ['id', anyText]],
    receive: [endpoint, ['request', shapes.captureRequest]],
  },
  publishing: { publish: [owner, ['', shapes.publishInput], ['transaction', shapes.transaction]] },
  testEvents: { send: [owner, id, ['eventType', shapes.eventType]] },
  endpoints: {
    create: [owner, ['', shapes.newEndpoint]],
    get: [owner, id],
    list: [owner, paging],
    update: [owner, id, ['', shapes.endpointChange], condition],
    delete: [owner, id, condition],
    addDestination: [owner, id, ['', shapes.newDestination]],
    updateDestination: [owner, id, destinationId, ['', shapes.destinationChange], condition],
    deleteDestination: [owner, id, destinationId, condition],
    destination: [owner, id, destinationId],
    revealSecret: [owner, id],
    rotateSecret: [owner, id, ['overlapSeconds', shapes.overlapSeconds]],
    keepVerificationSecret: [owner, id, ['secret', shapes.verificationSecret]],
  },
  keys: {
    authenticate: [key, ['mayWait', optional(callable)]],
    distrust: [],
    findEnded: [key],
    create: [principal, ['', shapes.newKey]],
    createFirst: [['userId', shapes.userId], key],
    everMade: [['userId', shapes.userId]],
    isValid: [key],
    list: [owner, paging],
    revoke: [owner, id],
  },
  sessions: {
    open: [principal, browser],
    mayBeValid: [token],
    find: [token],
    show: [token, ['mode', shapes.mode]],
    close: [token, ['remoteAddr', shapes.remoteAddr]],
    list: [principal, paging],
    end: [principal, id],
    endOthers: [principal],
    createLink: [principal],
    useLink: [token, browser],
    refuseKey: [key, ['browser', shapes.browser]],
  },
  audit: {
    list: [owner, ['filter', shapes.auditFilter], paging],
    note: [owner, ['', shapes.auditEntry]],
    deny: [owner, ['operation', anyText], ['scope', shapes.scope]],
    keepRefusal: [owner, ['', shapes.auditEntry], ['aDay', shapes.entriesADay]],
  },
  authority: {
    require: [owner, ['scope', shapes.scope], ['operation', anyText], ['because', shapes.because]],
  },
  feed: { follow: [owner, ['from', shapes.position]], stop: [] },
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
    sweep: [],
    step: [],
  },
  notifications: {
    get: [owner],
    put: [owner, ['', shapes.notifications], condition],
    test: [owner, ['channel', shapes.channelName]],
  },
  stats: { read: [owner, ['', shapes.stats]] },
  rejections: { list: [owner, ['endpointId', shapes.endpointId], paging], get: [owner, id] },
  explanations: {
    ofRejection: [owner, id],
    ofEvent: [owner, id],
    explain: [endpoint, ['request', shapes.webhookRequest]],
  },
  handlers: { list: [], remove: [['name', shapes.handlerName]] },
} satisfies Record<string, Record<string, Arguments>>;

/** The same for the methods of `paggio.admin`, of `paggio.host`, and of a `Paggio` itself. */
export const adminOperations = { rotateMasterKey: [['options', shapes.rotationOptions]] } satisfies Record<
  string,
  Arguments
>;
export const hostOperations = {
  quiesce: [],
  gauges: [],
  whenEnding: [['listener', callable]],
} satisfies Record<string, Arguments>;
export const ownOperations = {
  start: [],
  stop: [],
  readiness: [],
  on: [],
  publish: [
    ['', shapes.ownEvent],
    ['options', shapes.publishOptions],
  ],
  subscribe: [],
} satisfies Record<string, Arguments>;

/** Operations that return no promise. They throw the error about wrong arguments. */
const throwing: ReadonlySet<string> = new Set([
  ...['capture.route', 'capture.submit', 'audit.deny', 'authority.require', 'feed.follow'],
  ...['address.mountedAt', 'address.publishedAt', 'address.listeningAt', 'whenEnding'],
]);
/** `on`, `publish` and `subscribe` add to these what only they can judge. */
const judgedByItself: ReadonlySet<string> = new Set(['on', 'publish', 'subscribe']);

type Operation = (...args: unknown[]) => unknown;

/** Makes the operations of all tables refuse wrong arguments before they do anything. */
export function checkArguments(paggio: { admin: object; host: object }): void {
  guard(paggio, ownOperations, '');
  guard(paggio.admin, adminOperations, '');
  guard(paggio.host, hostOperations, '');
  const services = new Map<string, unknown>([...Object.entries(paggio.admin), ...Object.entries(paggio.host)]);
  for (const [service, table] of Object.entries(operations))
    guard(services.get(service) as object, table, `${service}.`);
}

function guard(target: object, table: Readonly<Record<string, Arguments>>, prefix: string): void {
  const methods = target as Record<string, Operation>;
  for (const [name, expected] of Object.entries(table)) {
    const place = prefix + name;
    if (expected.length === 0 || judgedByItself.has(place)) continue;
    const run = (methods[name] as Operation).bind(target);
    const throws = throwing.has(place);
    methods[name] = (...args) => {
      const problems = problemsOf(expected, args);
      if (!problems) return run(...args);
      const error = invalid(problems);
      if (throws) throw error;
      return Promise.reject(error);
    };
  }
}
