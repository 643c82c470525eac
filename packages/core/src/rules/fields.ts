import { MAX_PEM_LENGTH } from '../endpoints/destination-tls';
import { secretProblems } from '../endpoints/endpoint-settings';
import { eventStatuses } from '../events/event';
import { parseId } from '../event-id';
import { channels, FAILING_MINUTES, triggers } from '../notifications/notification';
import { scopes } from '../principal';
import { environments } from '../endpoints/environment';
import { parseTime, TIME_FORM } from '../input/time';
import {
  data,
  flag,
  integer,
  list,
  matching,
  members,
  nullable,
  oneOf,
  optional,
  record,
  rule,
  satisfying,
  text,
  time,
  type Shape,
} from '../input/shape';

// These are the rules of the fields that the HTTP API has too. Its DTOs use them, so that both refuse the same values
// with the same messages. The names are those of the code. On the wire they are in snake case.

const mode = oneOf(['live', 'test']);
const status = oneOf(['ACTIVE', 'PAUSED']);
const name = text(1, 200, /\S/, 'a string that is not blank');
const url = text(1, 2048);
/** An empty text means the same as null. */
const urlOrEmpty = text(0, 2048);

const eventTypes = list(
  matching(
    /^[A-Za-z0-9_./:-]{1,128}(\.\*)?$/,
    'an event type of 1 to 128 letters, digits and _ . / : -, or a prefix with a trailing .*',
  ),
  { max: 100 },
);

export const bareId = satisfying(
  (value) => typeof value === 'string' && parseId(value) === value.toLowerCase(),
  'must be an id (a UUID)',
  { type: 'string', pattern: '^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' },
);

/** The id of an endpoint, with or without its prefix. */
const endpointId = satisfying(
  (value) => typeof value === 'string' && parseId(value, 'endpoint') !== undefined,
  'must be the id of an endpoint',
  { type: 'string', pattern: '^(?:ep_)?[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' },
);

const idempotencyKey = optional(nullable(matching(/^[\x21-\x7e]{1,255}$/, '1 to 255 visible ASCII characters')));

const pem = optional(nullable(text(0, MAX_PEM_LENGTH)));
const destinationTls = { certificate: pem, privateKey: pem, certificateAuthorities: pem };

const destination = {
  name: optional(name),
  eventTypes: optional(eventTypes),
  headers: optional(record(satisfying((value) => typeof value === 'string', 'must be a string'))),
  tls: optional(nullable(members(destinationTls))),
  timeoutSeconds: optional(nullable(integer(1, 60))),
  retry: optional(nullable(data)),
  status: optional(status),
};

const MAX_SECRET = 16_384;
const SECRET_FORM = '^[ \\xa0]*[!-~\\xa1-\\uffff][ -~\\xa0-\\uffff]*$';

/** A signing secret. A missing one often means that an environment variable is not set. */
const providerSecret = rule(
  (value, field) =>
    value === undefined
      ? [{ field, message: `${field} is undefined: is the environment variable set?` }]
      : text(1, MAX_SECRET)(value, field),
  { type: 'string', minLength: 1, maxLength: MAX_SECRET },
);

/** A list of secrets, each a text or an object of the text and the time at which it ends. */
function secretList(endName: string, end: Shape): Shape {
  const secretUntil = members({ value: providerSecret, [endName]: optional(nullable(end)) });
  const secret = rule(
    (value, field) => {
      if (value === undefined || typeof value === 'string') return providerSecret(value, field);
      if (typeof value === 'object' && value !== null) return secretUntil(value, field);
      return [{ field, message: `${field} must be a string, or an object of value and ${endName}.` }];
    },
    { anyOf: [providerSecret, secretUntil] },
  );
  return optional(list(secret, { max: 20 }));
}
const wireTime = rule((value, field) =>
  parseTime(value) === undefined ? [{ field, message: `${field} must be ${TIME_FORM}.` }] : [],
);

const verification = {
  provider: text(1, 64),
  scheme: optional(nullable(text(0, 64))),
  secrets: secretList('expiresAt', time),
  publicUrl: optional(
    nullable(matching(/^https?:\/\/\S{1,2000}$/, 'the http or https URL as configured at the provider')),
  ),
  settings: optional(data),
  replaySecrets: optional(record(nullable(text(1, MAX_SECRET)))),
};

const acknowledgement = {
  status: integer(200, 299),
  contentType: optional(nullable(text(0, 64))),
  body: text(0, 65_536),
};

const endpoint = {
  destinationUrl: optional(nullable(urlOrEmpty)),
  description: optional(nullable(text(0, 2000))),
  eventTypes: optional(eventTypes),
  headers: destination.headers,
  timeoutSeconds: optional(integer(1, 60)),
  retry: optional(nullable(data)),
  concurrency: optional(integer(1, 1000)),
  rateLimit: optional(nullable(integer(1, 10_000))),
  orderBy: optional(nullable(text(1, 256))),
  methods: optional(
    nullable(
      list(
        satisfying((value) => typeof value === 'string', 'must be a string'),
        { max: 20 },
      ),
    ),
  ),
  forwardIdentityHeaders: optional(flag),
  secret: optional(
    rule((value, field) => secretProblems(value).map(({ message }) => ({ field, message })), {
      type: 'string',
      minLength: 1,
      maxLength: 512,
      pattern: SECRET_FORM,
    }),
  ),
  status: optional(status),
};

const key = {
  name,
  mode: optional(mode),
  scopes: optional(list(oneOf(scopes), { min: 1, unique: true })),
  expiresAt: optional(nullable(time)),
  userId: optional(text(1, 128)),
};

const filter = {
  status: optional(oneOf(eventStatuses)),
  source: optional(text(1, 64)),
  eventType: optional(text(1, 256)),
  endpointId: optional(bareId),
  since: optional(time),
  until: optional(time),
  q: optional(text(1, 256)),
};

const bulkReplay = {
  destinationId: optional(nullable(bareId)),
  ratePerSecond: optional(nullable(integer(1, 10_000))),
  dryRun: optional(flag),
};

const replay = {
  destinationUrl: urlOrEmpty,
  environment: oneOf(environments),
  customUrl: optional(urlOrEmpty),
  includeCredentials: optional(flag),
  resign: optional(flag),
};

const channel = {
  url: optional(url),
  triggers: list(oneOf(triggers), { min: 1, max: triggers.length, unique: true }),
};

/** The rules of fields by the kind of object that they belong to. */
export const fields = {
  endpoint: { ...endpoint, name },
  destination: { ...destination, url, id: optional(bareId) },
  destinationTls,
  verification,
  /** The secrets of a verification as the wire spells them. */
  wireSecrets: secretList('expires_at', wireTime),
  acknowledgement,
  key,
  filter,
  bulkReplay,
  replay,
  channel,
  notifications: {
    failingAfterMinutes: optional(integer(FAILING_MINUTES.min, FAILING_MINUTES.max)),
    channel: oneOf(channels),
  },
  secretRotation: { overlapSeconds: optional(integer(0, 604_800)) },
  testEvent: { eventType: optional(matching(/^[A-Za-z0-9_./:-]{1,128}$/, '1 to 128 letters, digits, and _ . / : -')) },
  publish: {
    eventType: matching(/^[A-Za-z0-9_.-]{1,128}$/, '1 to 128 letters, digits, - _ or .'),
    idempotencyKey,
    endpointIds: optional(list(endpointId, { min: 1, max: 1000 })),
  },
};
