import { connectionOf, type DatabaseOption, type HostDataSource, type HostPool } from './storage/database-option';
import { PaggioError, type ErrorDetail } from './errors';
import type { AxiosLike } from './transport/axios-transport';
import { egressProxyProblem, type EgressProxyTarget } from './transport/egress-proxy';
import { certificatesIn } from './transport/tls-trust';
import type { Connection } from './storage/connection';
import type { HostTransactions, TransactionalDataSource, TransactionalPool } from './storage/transaction-source';
import type { RateLimit } from './keys/rate-limiter';
import { isNat64Prefix } from './transport/special-addresses';
import { readMasterKeys } from './secrets/master-key';
import { DURATION_FORM, durationText, parseDuration, type Duration } from './input/duration';
import { unknownOption } from './input/shape';
import { isNetwork } from './transport/network-list';
import { roles, type Role } from './roles';
import type { Scheduler } from './flow/scheduler';

export interface PaggioOptions {
  /**
   * A database of PostgreSQL 14 or newer with the encoding UTF8. Give its URL, with a function `password` if the
   * password changes (tokens of a cloud, Vault), which is called for each new connection. Or give a TypeORM DataSource
   * or a `pg` pool of the host, which is configured for the database. Paggio makes its own connections, and checks at
   * the start that they lead to the same database as the DataSource or pool.
   */
  database: DatabaseOption;
  /**
   * Where transactional handlers get their transactions: a DataSource or a `pg` pool of the host on the same database.
   * The transactions are the host's own, so that its repositories work with them.
   * @default the DataSource or pool of `database`, else connections of Paggio's own
   */
  transactions?: HostTransactions;
  /**
   * The most connections of Paggio's own for transactional handlers (1 to 100), made when one runs. Used only if no
   * DataSource or pool gives the transactions.
   * @default 4
   */
  transactionConnections?: number;
  /**
   * Encrypts secrets at rest: exactly 32 random bytes, or their base64 or hex text (`openssl rand -base64 32`). With a key
   * that anybody can guess, such as 32 zeros, each start reports `master_key.guessable`.
   */
  masterKey: string | Buffer;
  /**
   * Master keys that only decrypt what they once encrypted, in the same forms. They are needed until
   * `paggio rotate-master-key` has encrypted everything under `masterKey`.
   * @default []
   */
  previousMasterKeys?: readonly (string | Buffer)[];
  /**
   * Base of links, and of `webhook_url` unless `ingestUrl` is set, such as `https://hooks.example.com`. If a proxy in
   * front of the app removes a path, the URL needs that path. The path that Paggio is mounted at may follow or be left
   * out.
   * @default 'http://localhost'
   */
  publicUrl?: string;
  /**
   * A separate origin for webhook URLs, such as `https://in.example.com`: an http or https URL without a path. Requests
   * to its host are answered only at webhook URLs and `/e/`; API and dashboard are 404 there. What strangers send is
   * then on another origin than what people look at. Webhook URLs still work at `publicUrl` too, because senders may
   * know them from before.
   * @default null
   */
  ingestUrl?: string | null;
  /**
   * `on-start` brings the schema up to date under a lock. `check` refuses to start if the schema is behind. `off` does
   * not look at its table of migrations at all, and fails with the same advice if the newest migration is missing.
   * @default 'on-start'
   */
  migrations?: 'on-start' | 'check' | 'off';
  /**
   * What this process does.
   * @default all roles
   */
  roles?: readonly Role[];
  /**
   * Largest request body, in bytes (1 to 64 MiB).
   * @default 1048576
   */
  bodyLimit?: number;
  /**
   * Private networks (CIDR) that may be destinations. Every other address that is not public is refused.
   * @default []
   */
  allowedNetworks?: readonly string[];
  /**
   * NAT64 prefixes of your network in addition to the well-known `64:ff9b::/96`, such as `64:ff9b:1::/96`: IPv6
   * networks of 32, 40, 48, 56, 64 or 96 bits. An address under one of them is judged by the IPv4 address that it
   * carries.
   * @default []
   */
  nat64Prefixes?: readonly string[];
  /**
   * Proxies (CIDR) whose `X-Forwarded-For` is trusted.
   * @default []
   */
  trustedProxies?: readonly string[];
  /**
   * An HTTP proxy (CONNECT) for every outgoing request: deliveries, replays, notifications and look-ups of published
   * keys. For example `http://user:password@proxy.example.com:3128` or `https://proxy.example.com`. Its own address may
   * be private. Proxies of the environment (`HTTPS_PROXY`) are not used.
   * @default null
   */
  egressProxy?: string | null;
  /**
   * What the proxy is asked for. `address` is the address that was resolved and checked here. `name` is the host name,
   * for proxies that decide by names and for networks whose DNS does not know outside names. The proxy then has to
   * refuse private addresses, because it resolves the name itself.
   * @default 'address'
   */
  egressProxyTarget?: EgressProxyTarget;
  /**
   * Certificates (PEM, one or several in a text) of authorities that outgoing TLS trusts in addition to those of Node.
   * On Node before 22.15 they replace those of `NODE_EXTRA_CA_CERTS`, so name these here too.
   * @default []
   */
  certificateAuthorities?: string | readonly string[];
  /** Host that `"environment": "staging"` replays go to, such as `staging.example.com`. */
  stagingHost?: string | null;
  /**
   * Base of `"environment": "local"` replays.
   * @default 'http://localhost:3000'
   */
  localUrl?: string;
  /**
   * The most deliveries that this process holds, under way or about to be (1 to 10000).
   * @default 512
   */
  maxInFlight?: number;
  /**
   * Pauses a destination after it has failed continuously for this long (`'1m'` or more) and at least 25 times in a row.
   * `null` never pauses one.
   * @default '5d'
   */
  pauseFailingAfter?: Duration | null;
  /**
   * Destination ports that are allowed although they belong to services which must not receive webhooks (SSH, SMTP,
   * databases and the like).
   * @default []
   */
  allowedPorts?: readonly number[];
  /**
   * What sends the requests: connections of Paggio's own (`'sockets'`), the client undici, or an axios instance of the host
   * with its interceptors. Redirects, proxies, decoding, limits and agents of the instance are ignored, because the
   * address guard decides where a request goes.
   * @default 'sockets'
   */
  transport?: 'sockets' | 'undici' | { axios: AxiosLike };
  /**
   * How long `stop()` waits for deliveries in flight (at most `'10m'`).
   * @default '20s'
   */
  stopGrace?: Duration;
  /**
   * Removes events older than this (`'1h'` or more) with everything that belongs to them. An event with pending deliveries
   * stays until they have ended. `null` keeps everything.
   * @default null
   */
  retention?: Duration | null;
  /**
   * How long a provider's delivery id is remembered (`'1m'` to `'30d'`). A repetition with the same id is acknowledged
   * and not stored. A new value applies to events that arrive after the start.
   * @default '72h'
   */
  dedupWindow?: Duration;
  /**
   * Limits the management requests of one API key, in each process. `null` means no limit.
   * @default { perSecond: 100, burst: 500 }
   */
  apiRateLimit?: RateLimit | null;
  /**
   * Limits signed ingest and publishing with one API key, in each process. `null` means no limit.
   * @default null
   */
  ingestRateLimit?: RateLimit | null;
  /**
   * Limits the requests to the webhook URL of one endpoint, in each process. `null` means no limit. One address may use
   * half of it. At an endpoint with verification, all senders without a verified event in the last hour may together
   * use half of it, so that a flood leaves the other half to the provider. The default is more than a process can
   * store, and stops only floods.
   * @default { perSecond: 20000, burst: 200000 }
   */
  captureRateLimit?: RateLimit | null;
  /**
   * Limits the requests to all webhook URLs of one user, in each process. `null` means no limit. Senders without a
   * verified event in the last hour may together use half of it.
   * @default { perSecond: 40000, burst: 400000 }
   */
  captureRateLimitPerUser?: RateLimit | null;
  /**
   * Bytes that the events of one endpoint may take (1048576 or more). `null` means no quota. Beyond it, webhook URLs,
   * signed ingest and publishing answer 429 until old events are removed. An event counts with its body, headers, path
   * and query, and a kibibyte for its rows. Events from before Paggio began to count are left out.
   * @default null
   */
  storageQuotaPerEndpoint?: number | null;
  /**
   * The same for all endpoints of one user. Unverified events may take half of it.
   * @default null
   */
  storageQuotaPerUser?: number | null;
  /**
   * The same for the unverified events of one endpoint. Without it, anybody who knows the webhook URL of an endpoint without
   * verification can fill the disk.
   * @default 10737418240 (10 GiB)
   */
  storageQuotaUnverified?: number | null;
  /** Runs the periodic work. Without it, Paggio uses a scheduler of its own. */
  scheduler?: Scheduler;
}

export interface ResolvedOptions {
  connection: Connection;
  /** `null` means connections of Paggio's own. */
  transactions: HostTransactions | null;
  transactionConnections: number;
  masterKey: Buffer;
  previousMasterKeys: readonly Buffer[];
  publicUrl: string;
  ingestUrl: string | null;
  migrations: 'on-start' | 'check' | 'off';
  roles: ReadonlySet<Role>;
  bodyLimit: number;
  allowedNetworks: readonly string[];
  nat64Prefixes: readonly string[];
  trustedProxies: readonly string[];
  egressProxy: string | null;
  egressProxyTarget: EgressProxyTarget;
  certificateAuthorities: readonly string[];
  stagingHost: string | null;
  localUrl: string;
  maxInFlight: number;
  pauseFailingAfterMs: number | null;
  allowedPorts: readonly number[];
  transport: 'sockets' | 'undici' | { axios: AxiosLike };
  stopGraceMs: number;
  retentionMs: number | null;
  dedupWindowMs: number;
  apiRateLimit: RateLimit | null;
  ingestRateLimit: RateLimit | null;
  captureRateLimit: RateLimit | null;
  captureRateLimitPerUser: RateLimit | null;
  storageQuotaPerEndpoint: number | null;
  storageQuotaPerUser: number | null;
  storageQuotaUnverified: number | null;
  scheduler: Scheduler | undefined;
}

/** A smaller quota than the default body limit would refuse what the limit allows. */
const SMALLEST_QUOTA = 1024 * 1024;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A hundred years, which every clock and interval can hold. */
const LONGEST = 36_500 * DAY;

type DurationOption = 'pauseFailingAfter' | 'stopGrace' | 'retention' | 'dedupWindow';
type RateOption = 'apiRateLimit' | 'ingestRateLimit' | 'captureRateLimit' | 'captureRateLimitPerUser';

/**
 * Checks every option and reports all mistakes at once.
 * @throws PaggioError `BAD_REQUEST` with one detail per mistake
 */
export function resolveOptions(given: PaggioOptions): ResolvedOptions {
  const problems: ErrorDetail[] = [];
  const fail = (field: string, message: string): void => void problems.push({ field, message });
  const options = readOptions(given, fail);
  try {
    return resolveRead(options, problems, fail);
  } catch (error) {
    if (error instanceof PaggioError) throw error;
    // A getter or a proxy inside an option threw.
    fail('options', `The options cannot be read: ${error instanceof Error ? error.message : typeof error}.`);
    throw refused(problems, error);
  }
}

type Fail = (field: string, message: string) => void;

const known: Record<keyof PaggioOptions, true> = {
  database: true,
  transactions: true,
  transactionConnections: true,
  masterKey: true,
  previousMasterKeys: true,
  publicUrl: true,
  ingestUrl: true,
  migrations: true,
  roles: true,
  bodyLimit: true,
  allowedNetworks: true,
  nat64Prefixes: true,
  trustedProxies: true,
  egressProxy: true,
  egressProxyTarget: true,
  certificateAuthorities: true,
  stagingHost: true,
  localUrl: true,
  maxInFlight: true,
  pauseFailingAfter: true,
  allowedPorts: true,
  transport: true,
  stopGrace: true,
  retention: true,
  dedupWindow: true,
  apiRateLimit: true,
  ingestRateLimit: true,
  captureRateLimit: true,
  captureRateLimitPerUser: true,
  storageQuotaPerEndpoint: true,
  storageQuotaPerUser: true,
  storageQuotaUnverified: true,
  scheduler: true,
};

/** Reads each option once. A host may have them in an object with getters. */
function readOptions(given: unknown, fail: Fail): Partial<PaggioOptions> {
  if (given === undefined) return {};
  if (typeof given !== 'object' || given === null) {
    fail('options', 'options must be an object.');
    return {};
  }
  const names = Object.keys(known);
  const options: Record<string, unknown> = {};
  try {
    for (const name of Object.keys(given)) if (!Object.hasOwn(known, name)) fail(name, unknownOption(name, names));
  } catch {
    fail('options', 'options cannot be read.');
  }
  for (const name of names) {
    try {
      options[name] = (given as Record<string, unknown>)[name];
    } catch {
      fail(name, `${name} cannot be read.`);
    }
  }
  return options;
}

function refused(details: ErrorDetail[], cause?: unknown): PaggioError {
  const message = `Paggio cannot start: ${details.map((problem) => problem.message).join(' ')}`;
  return new PaggioError('BAD_REQUEST', message, { hint: 'Correct the options named in details.', details, cause });
}

function resolveRead(options: Partial<PaggioOptions>, problems: ErrorDetail[], fail: Fail): ResolvedOptions {
  const connection = connectionOf(options.database, fail);
  const names = { current: 'masterKey', previous: 'previousMasterKeys' };
  const keys = readMasterKeys(options.masterKey, options.previousMasterKeys, names, 'accepted');
  if (Array.isArray(keys)) problems.push(...keys);

  const migrations = options.migrations ?? 'on-start';
  if (!['on-start', 'check', 'off'].includes(migrations))
    fail('migrations', 'migrations must be "on-start", "check" or "off".');
  const wanted = options.roles ?? roles;
  if (!Array.isArray(wanted) || wanted.length === 0 || !(wanted as Role[]).every((role) => roles.includes(role))) {
    fail('roles', `roles must be a list of any of: ${roles.join(', ')}.`);
  }
  const whole = (field: keyof PaggioOptions, fallback: number, min: number, max: number): number => {
    const value = options[field] ?? fallback;
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    fail(field, `${field} must be a whole number from ${min} to ${max}.`);
    return fallback;
  };
  const duration = (field: DurationOption, fallbackMs: number, minMs: number, maxMs: number): number => {
    const ms = options[field] === undefined ? fallbackMs : parseDuration(options[field]);
    if (ms !== undefined && ms >= minMs && ms <= maxMs) return ms;
    const range =
      maxMs === LONGEST ? `${durationText(minMs)} or more` : `${durationText(minMs)} to ${durationText(maxMs)}`;
    fail(field, `${field} must be ${range}: ${DURATION_FORM}.`);
    return fallbackMs;
  };
  const networks = (field: 'allowedNetworks' | 'trustedProxies'): readonly string[] => {
    const list = options[field] ?? [];
    if (!Array.isArray(list)) {
      fail(field, `${field} must be a list of networks such as 10.0.0.0/8.`);
      return [];
    }
    for (const network of list) {
      if (!isNetwork(network)) fail(field, `"${String(network)}" is not a network such as 10.0.0.0/8 or fd00::/8.`);
    }
    return list as string[];
  };
  const nat64Prefixes = options.nat64Prefixes ?? [];
  if (!Array.isArray(nat64Prefixes) || !nat64Prefixes.every(isNat64Prefix))
    fail('nat64Prefixes', 'nat64Prefixes must be a list of IPv6 networks of 32, 40, 48, 56, 64 or 96 bits.');
  const egressProxy = options.egressProxy ?? null;
  const proxyProblem = egressProxy === null ? null : egressProxyProblem(egressProxy);
  if (proxyProblem !== null) fail('egressProxy', `egressProxy ${proxyProblem}`);
  const egressProxyTarget = options.egressProxyTarget ?? 'address';
  if (!['address', 'name'].includes(egressProxyTarget))
    fail('egressProxyTarget', 'egressProxyTarget must be "address" or "name".');
  const givenAuthorities = options.certificateAuthorities ?? [];
  const authorities = typeof givenAuthorities === 'string' ? [givenAuthorities] : givenAuthorities;
  const areCertificates =
    Array.isArray(authorities) &&
    authorities.every((pem: unknown) => typeof pem === 'string' && certificatesIn(pem) !== undefined);
  if (!areCertificates)
    fail('certificateAuthorities', 'certificateAuthorities must be certificates in PEM (-----BEGIN CERTIFICATE-----).');
  const base = (field: 'publicUrl' | 'localUrl', fallback: string): string => {
    const value = options[field] ?? fallback;
    const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
    if (!url || !['http:', 'https:'].includes(url.protocol) || url.search || url.hash || url.username) {
      fail(field, `${field} must be an http or https URL without query, such as https://hooks.example.com.`);
      return fallback;
    }
    return url.href.replace(/\/$/, '');
  };
  const ingestUrl = options.ingestUrl ?? null;
  const ingestProblem = ingestUrl === null ? null : ingestUrlProblem(ingestUrl, options.publicUrl);
  if (ingestProblem !== null) fail('ingestUrl', `ingestUrl ${ingestProblem}`);
  const stagingHost = options.stagingHost ?? null;
  if (
    stagingHost !== null &&
    (typeof stagingHost !== 'string' || !URL.canParse(`http://${stagingHost}/`) || /[/?#@]/.test(stagingHost))
  ) {
    fail('stagingHost', 'stagingHost must be a host such as staging.example.com or staging.example.com:8443.');
  }

  const allowedPorts = options.allowedPorts ?? [];
  if (
    !Array.isArray(allowedPorts) ||
    !allowedPorts.every((port) => Number.isInteger(port) && port > 0 && port < 65_536)
  )
    fail('allowedPorts', 'allowedPorts must be a list of port numbers.');
  const transport = options.transport ?? 'sockets';
  const isAxios = typeof (transport as { axios?: AxiosLike } | null)?.axios?.request === 'function';
  if (transport !== 'sockets' && transport !== 'undici' && (!isAxios || Object.keys(transport).length > 1))
    fail('transport', "transport must be 'sockets', 'undici' or { axios: an axios instance }.");

  const rate = (field: RateOption, fallback: RateLimit | null): RateLimit | null => {
    const value = options[field];
    if (value === undefined || value === null) return value === null ? null : fallback;
    const { perSecond, burst, ...more } = value;
    const isNumber = typeof perSecond === 'number' && Object.keys(more).length === 0;
    if (
      isNumber &&
      perSecond > 0 &&
      perSecond <= 100_000 &&
      Number.isInteger(burst) &&
      burst >= 1 &&
      burst <= 1_000_000
    )
      return value;
    fail(field, `${field} must be { perSecond: up to 100000, burst: 1 to 1000000 } or null.`);
    return fallback;
  };

  const quota = (
    field: 'storageQuotaPerEndpoint' | 'storageQuotaPerUser' | 'storageQuotaUnverified',
    fallback: number | null,
  ): number | null => {
    const value = options[field];
    if (value === undefined || value === null) return value === null ? null : fallback;
    return whole(field, 0, SMALLEST_QUOTA, Number.MAX_SAFE_INTEGER);
  };

  const { scheduler } = options;
  const isScheduler =
    typeof (scheduler as Partial<Scheduler> | null)?.every === 'function' && !Array.isArray(scheduler);
  if (scheduler !== undefined && !isScheduler)
    fail('scheduler', 'scheduler must have a method every(name, intervalMs, task).');

  const resolved: ResolvedOptions = {
    connection,
    transactions: transactionsOf(options, fail),
    transactionConnections: whole('transactionConnections', 4, 1, 100),
    masterKey: Array.isArray(keys) ? Buffer.alloc(0) : keys.current,
    previousMasterKeys: Array.isArray(keys) ? [] : keys.previous,
    publicUrl: base('publicUrl', 'http://localhost'),
    ingestUrl: ingestUrl === null || ingestProblem !== null ? null : new URL(ingestUrl).origin,
    migrations,
    roles: new Set(wanted),
    bodyLimit: whole('bodyLimit', 1024 * 1024, 1, 64 * 1024 * 1024),
    allowedNetworks: networks('allowedNetworks'),
    nat64Prefixes: Array.isArray(nat64Prefixes) ? nat64Prefixes : [],
    trustedProxies: networks('trustedProxies'),
    egressProxy: proxyProblem === null ? egressProxy : null,
    egressProxyTarget,
    certificateAuthorities: areCertificates ? authorities : [],
    stagingHost,
    localUrl: base('localUrl', 'http://localhost:3000'),
    maxInFlight: whole('maxInFlight', 512, 1, 10_000),
    pauseFailingAfterMs:
      options.pauseFailingAfter === null ? null : duration('pauseFailingAfter', 5 * DAY, MINUTE, LONGEST),
    allowedPorts,
    transport,
    retentionMs: (options.retention ?? null) === null ? null : duration('retention', DAY, HOUR, LONGEST),
    dedupWindowMs: duration('dedupWindow', 3 * DAY, MINUTE, 30 * DAY),
    apiRateLimit: rate('apiRateLimit', { perSecond: 100, burst: 500 }),
    ingestRateLimit: rate('ingestRateLimit', null),
    captureRateLimit: rate('captureRateLimit', { perSecond: 20_000, burst: 200_000 }),
    captureRateLimitPerUser: rate('captureRateLimitPerUser', { perSecond: 40_000, burst: 400_000 }),
    storageQuotaPerEndpoint: quota('storageQuotaPerEndpoint', null),
    storageQuotaPerUser: quota('storageQuotaPerUser', null),
    storageQuotaUnverified: quota('storageQuotaUnverified', 10 * 1024 ** 3),
    stopGraceMs: duration('stopGrace', 20_000, 0, 10 * MINUTE),
    scheduler,
  };
  if (problems.length > 0) throw refused(problems);
  return resolved;
}

function transactionsOf(options: Partial<PaggioOptions>, fail: Fail): HostTransactions | null {
  const given = options.transactions;
  if (given === undefined) {
    const { dataSource, pool } = (options.database ?? {}) as { dataSource?: HostDataSource; pool?: HostPool };
    if (typeof dataSource?.transaction === 'function') return { dataSource: dataSource as TransactionalDataSource };
    return typeof pool?.connect === 'function' ? { pool } : null;
  }
  const { dataSource, pool, ...more } = (given ?? {}) as {
    dataSource?: TransactionalDataSource;
    pool?: TransactionalPool;
  };
  for (const name of Object.keys(more))
    fail('transactions', `transactions.${name}: ${unknownOption(name, ['dataSource', 'pool'])}`);
  if (typeof dataSource?.transaction === 'function') return { dataSource };
  if (typeof pool?.connect === 'function') return { pool };
  fail('transactions', 'transactions must be { dataSource } or { pool: a Pool of pg }.');
  return null;
}

/** Says what is wrong with an origin for webhook URLs, in words that follow its name; null if nothing is. */
export function ingestUrlProblem(value: unknown, publicUrl: unknown): string | null {
  const parse = (text: unknown): URL | undefined =>
    typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined;
  const url = parse(value);
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.href !== `${url.origin}/`)
    return 'must be an http or https origin without path, such as https://in.example.com.';
  const own = parse(publicUrl);
  if (own !== undefined && own.hostname === url.hostname && portOf(own) === portOf(url))
    return 'must be on another host than the public URL: the API and the dashboard do not answer there.';
  return null;
}

function portOf({ port, protocol }: URL): string {
  return port || (protocol === 'https:' ? '443' : '80');
}
