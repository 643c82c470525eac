import { HeaderList } from '@paggio/providers';
import { auditActions } from '../audit/audit-entry';
import { isRoutedEndpoint } from '../endpoints/endpoint-directory';
import { byChannel, channels } from '../notifications/notification';
import { scopes } from '../principal';
import { bareId, fields } from './fields';
import {
  anyText,
  anything,
  callable,
  data,
  either,
  flag,
  integer,
  list,
  members,
  nullable,
  oneOf,
  optional,
  rule,
  satisfying,
  text,
} from '../input/shape';

const userId = text(1, 512);
const mode = oneOf(['live', 'test']);
const scope = oneOf(scopes);
const scopeSet = satisfying(
  (value) => value instanceof Set && [...value].every((one) => scopes.some((known) => known === one)),
  `must be a Set of any of: ${scopes.join(', ')}`,
);

const actor = {
  userId,
  mode,
  keyId: optional(nullable(text(0))),
  remoteAddr: optional(nullable(text(0))),
};
/** An owner. The caller may pass its own object with more members. */
export const owner = members({ ...actor, scopes: optional(scopeSet) }, { open: true });
export const principal = members({ ...actor, scopes: scopeSet, sessionId: optional(anyText) }, { open: true });

export const id = bareId;
export { scope, userId };

const { id: destinationId, url: destinationUrl, ...destinationSettings } = fields.destination;
export const newDestination = members({ url: destinationUrl, ...destinationSettings });
export const destinationChange = members({
  ...destinationSettings,
  id: destinationId,
  url: optional(destinationUrl),
});

const verification = members(fields.verification);
const acknowledgement = members(fields.acknowledgement);

const { status: _status, name, ...endpointSettings } = fields.endpoint;
const endpointMembers = {
  ...endpointSettings,
  acknowledgement: optional(nullable(acknowledgement)),
  verification: optional(nullable(verification)),
};
export const newEndpoint = members({
  ...endpointMembers,
  name,
  destinations: optional(list(newDestination, { max: 100 })),
});
export const endpointChange = members({
  ...endpointMembers,
  name: optional(name),
  destinations: optional(list(destinationChange, { max: 100 })),
  status: fields.endpoint.status,
});
export const verificationSecret = text(1, 16_384);

export const newKey = members(fields.key);

export const paging = members({
  limit: integer(1, 100),
  offset: integer(0, 10_000),
  startingAfter: nullable(id),
});

export const filter = members(fields.filter);

export const idempotencyKey = fields.publish.idempotencyKey;
export const bulkReplay = members({ ...fields.bulkReplay, filter, idempotencyKey });

const toUrl = members({ destinationUrl: fields.replay.destinationUrl });
const toEnvironment = members({ environment: fields.replay.environment, customUrl: fields.replay.customUrl });
export const replayTarget = rule(
  (value, field) =>
    (typeof value === 'object' && value !== null && 'destinationUrl' in value ? toUrl : toEnvironment)(value, field),
  { anyOf: [toUrl, toEnvironment] },
);
const { includeCredentials, resign } = fields.replay;
export const replayOptions = optional(members({ includeCredentials, resign }));

const channel = optional(nullable(members(fields.channel)));
export const notifications = members({
  ...byChannel(() => channel),
  failingAfterMinutes: fields.notifications.failingAfterMinutes,
});
const revisions = optional(either(oneOf(['*']), list(text(0, 16_384))));
/** The condition of a change, as `Precondition` describes it. */
export const precondition = optional(members({ ifMatch: revisions, ifNoneMatch: revisions }));
export const channelName = oneOf(channels);

export const stats = optional(
  members({ endpointId: optional(id), from: fields.filter.since, to: fields.filter.until }),
);

export const ids = list(id);
export const endpointId = optional(nullable(id));
export const overlapSeconds = fields.secretRotation.overlapSeconds;
export const eventType = fields.testEvent.eventType;
export const handlerName = text(1, 100);

export const transaction = optional(
  satisfying(
    (value) =>
      typeof value === 'object' && value !== null && typeof (value as { query?: unknown }).query === 'function',
    'must be a transaction with a method query: a client of pg, or an EntityManager of TypeORM',
  ),
);
export const publishOptions = optional(members({ tx: transaction }));
/** An event of the app. `toPublishInput` checks the payload, so that it is serialized only once. */
export const ownEvent = members({ userId, mode: optional(mode), ...fields.publish, payload: anything });
export const publishInput = members({
  ...fields.publish,
  payload: satisfying(isJsonText, 'must be a string that contains JSON'),
});

function isJsonText(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}

export const auditFilter = members({ action: optional(oneOf(auditActions)), objectId: optional(id) });
const auditValues = nullable(data);
export const auditEntry = members({
  action: oneOf(auditActions),
  objectId: nullable(id),
  before: auditValues,
  after: auditValues,
});
export const entriesADay = integer(0, 1_000_000);
export const because = optional(members({ message: anyText, hint: anyText }));

const nullableText = nullable(text(0));
export const browser = members({ remoteAddr: nullableText, userAgent: nullableText, token: nullableText });
export const remoteAddr = optional(nullableText);
export { mode };

export const position = nullable(anyText);

export const rotationOptions = optional(
  members({
    dryRun: optional(flag),
    valuesPerSecond: optional(integer(1, 1_000_000)),
    onProgress: optional(callable),
    onWait: optional(callable),
    onSilence: optional(callable),
    signal: optional(satisfying((value) => value instanceof AbortSignal, 'must be an AbortSignal')),
  }),
);

export const path = text(0, 2048);
export const httpUrl = satisfying((value) => {
  const parsed = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  return parsed !== undefined && ['http:', 'https:'].includes(parsed.protocol);
}, 'must be an http or https URL');

const count = satisfying((value) => typeof value === 'number' && !Number.isNaN(value), 'must be a number');
export const announced = optional(count);

/** An endpoint that `route` returned, because only such an endpoint is known to be complete. */
export const endpointConfig = satisfying(
  (value) => typeof value === 'object' && value !== null && isRoutedEndpoint(value),
  'must be an endpoint that route() returned',
);

// These rules run for each webhook, so they create no objects for a valid one.
const body = satisfying((value) => Buffer.isBuffer(value), 'must be a Buffer');
const plain = text(0);
const rawHeaders = rule((value, field) => {
  if (!Array.isArray(value) || value.length % 2 !== 0)
    return [{ field, message: `${field} must be an array of names and values in turn.` }];
  for (let index = 0; index < value.length; index++) {
    if (typeof value[index] !== 'string')
      return [{ field: `${field}[${index}]`, message: `${field}[${index}] must be a string.` }];
  }
  return [];
});
export const captureRequest = members({
  method: text(1),
  path: plain,
  query: plain,
  rawHeaders,
  body,
  remoteAddr: nullable(plain),
});

/** Its members may be methods of its class. */
export const captureSink = satisfying((value) => {
  const { answered, refused } = (value ?? {}) as Record<string, unknown>;
  return typeof answered === 'function' && typeof refused === 'function';
}, 'must have the functions answered and refused');

export const webhookRequest = members({
  method: plain,
  target: plain,
  headers: satisfying((value) => value instanceof HeaderList, 'must be a HeaderList'),
  body,
  receivedAt: count,
  bodyLimit: optional(count),
  sender: optional(nullable(plain)),
});
