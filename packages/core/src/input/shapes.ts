import { MAX_PEM_LENGTH } from '../endpoints/destination-tls';
import { eventStatuses } from '../events/event';
import { parseId } from '../event-id';
import { byChannel, channels, FAILING_MINUTES, triggers } from '../notifications/notification';
import { scopes } from '../principal';
import { environments } from '../replay/environment';
import {
  anything,
  either,
  flag,
  integer,
  list,
  members,
  nullable,
  object,
  oneOf,
  optional,
  secret,
  text,
  time,
  type Shape,
} from './shape';

const userId = text(1, 512);
const mode = oneOf(['live', 'test']);

/** The caller may pass an object of its own that has more. */
export const owner = members({ userId, mode, scopes: optional(scopeSet) }, { open: true });
export const principal = members({ userId, mode, scopes: scopeSet }, { open: true });

function scopeSet(value: unknown, field: string): ReturnType<Shape> {
  const isScopes = value instanceof Set && [...value].every((one) => scopes.some((scope) => scope === one));
  return isScopes ? [] : [{ field, message: `${field} must be a Set of any of: ${scopes.join(', ')}.` }];
}

export const id: Shape = (value, field) =>
  typeof value === 'string' && parseId(value) === value.toLowerCase()
    ? []
    : [{ field, message: value === undefined ? `${field} is required.` : `${field} must be an id (a UUID).` }];

const name = text(1, 200, /\S/, 'a text that is not blank');
const url = text(0, 2048);
const eventTypes = list(
  text(1, 130, /^[A-Za-z0-9_./:-]{1,128}(\.\*)?$/, 'an event type, exact or with a trailing .*'),
  0,
  100,
);
const status = oneOf(['ACTIVE', 'PAUSED']);
const key = optional(nullable(text(1, 255, /^[\x21-\x7e]+$/, '1 to 255 visible ASCII characters')));

const pem = optional(nullable(text(0, MAX_PEM_LENGTH)));
const tls = members({ certificate: pem, privateKey: pem, certificateAuthorities: pem });

const destinationMembers = {
  name: optional(name),
  url: optional(text(1, 2048)),
  eventTypes: optional(eventTypes),
  headers: optional(object),
  tls: optional(nullable(tls)),
  timeoutSeconds: optional(nullable(integer(1, 60))),
  retry: optional(nullable(object)),
  status: optional(status),
};
export const destinationChange = members({ ...destinationMembers, id: optional(id) });
export const newDestination = members({ ...destinationMembers, url: text(1, 2048), id: optional(id) });

const verification = members({
  provider: text(1, 64),
  scheme: optional(nullable(text(0, 64))),
  secrets: optional(list(either(secret, secretObject), 0, 20)),
  public_url: optional(nullable(text(1, 2048))),
  settings: optional(object),
  replay_secrets: optional(object),
});

function secretObject(value: unknown, field: string): ReturnType<Shape> {
  if (value === undefined) return secret(value, field);
  return members({ value: secret, expires_at: optional(nullable(text(1, 64))) })(value, field);
}

const endpointMembers = {
  destinationUrl: optional(nullable(url)),
  destinations: optional(list(destinationChange, 0, 100)),
  description: optional(nullable(text(0, 2000))),
  eventTypes: optional(eventTypes),
  headers: optional(object),
  timeoutSeconds: optional(integer(1, 60)),
  retry: optional(nullable(object)),
  concurrency: optional(integer(1, 1000)),
  rateLimit: optional(nullable(integer(1, 10_000))),
  orderBy: optional(nullable(text(1, 256))),
  acknowledgement: optional(
    nullable(
      members({ status: integer(200, 299), content_type: optional(nullable(text(0, 64))), body: text(0, 65_536) }),
    ),
  ),
  verification: optional(nullable(verification)),
  methods: optional(nullable(list(text(0, 64), 0, 20))),
  forwardIdentityHeaders: optional(flag),
};
export const newEndpoint = members({ ...endpointMembers, name, secret: optional(text(1, 512)) });
export const endpointChange = members({
  ...endpointMembers,
  name: optional(name),
  secret: optional(text(1, 512)),
  status: optional(status),
});

export const newKey = members({
  name,
  mode: optional(mode),
  scopes: optional(list(oneOf(scopes), 1, scopes.length)),
  expiresAt: optional(nullable(time)),
  userId: optional(userId),
});

export const paging = members({
  limit: integer(1, 100),
  offset: integer(0, 10_000),
  startingAfter: nullable(id),
});

export const filter = members({
  status: optional(oneOf(eventStatuses)),
  source: optional(text(1, 64)),
  eventType: optional(text(1, 256)),
  endpointId: optional(id),
  since: optional(time),
  until: optional(time),
  q: optional(text(1, 256)),
});

export const bulkReplay = members({
  filter,
  destinationId: optional(nullable(id)),
  ratePerSecond: optional(nullable(integer(1, 10_000))),
  dryRun: optional(flag),
  idempotencyKey: key,
});

export const replayTarget: Shape = (value, field) => {
  const byUrl = typeof value === 'object' && value !== null && 'destinationUrl' in value;
  const shape = byUrl
    ? members({ destinationUrl: text(0, 2048) })
    : members({ environment: oneOf(environments), customUrl: optional(text(0, 2048)) });
  return shape(value, field);
};
export const replayOptions = optional(members({ includeCredentials: optional(flag), resign: optional(flag) }));
export const idempotencyKey = key;

const channel = optional(
  nullable(members({ url: optional(text(1, 2048)), triggers: list(oneOf(triggers), 1, triggers.length) })),
);
export const notifications = members({
  ...byChannel(() => channel),
  failingAfterMinutes: optional(integer(FAILING_MINUTES.min, FAILING_MINUTES.max)),
});
const revisions = either(oneOf(['*']), list(text(0, 16_384)));
/** The condition of a change: see `Precondition`. */
export const precondition = optional(members({ ifMatch: optional(revisions), ifNoneMatch: optional(revisions) }));
export const channelName = oneOf(channels);

export const stats = optional(members({ endpointId: optional(id), from: optional(time), to: optional(time) }));

export const ids = list(id);
export const endpointId = optional(nullable(id));
export const overlapSeconds = optional(integer(0, 604_800));
export const eventType = optional(text(1, 128, /^[A-Za-z0-9_./:-]+$/, '1 to 128 letters, digits, and _ . / : -'));
export const handlerName = text(1, 100);
export const publishOptions = optional(members({ tx: anything }));
/** `toPublishInput` checks the values, so that all mistakes are told at once. */
export const ownEvent = members({
  userId: anything,
  mode: anything,
  eventType: anything,
  payload: anything,
  endpointIds: anything,
  idempotencyKey: anything,
});
