import { checkInput, rules, type Arguments, type Paggio, type Principal, type Shape } from '@paggio/core';
import { Api, noSuchRoute } from './api';
import type { Answer } from './answer';
import { Dashboard } from './dashboard';
import { dialectRouter } from './dialects/dialect-router';
import { dialectNames, type DialectName } from './dialects';
import { isSignedIngest, slugOf } from './ingest';
import { IngestHost } from './ingest-host';
import type { HostAccessOptions } from './host-access';
import type { ApiRequest, ReadBody } from './operation';

/** @typeParam HostRequest the request type of the host's framework */
export interface MountOptions<HostRequest = never> extends HostAccessOptions<HostRequest> {
  /**
   * Path that Paggio is mounted under, such as `/hooks`.
   * @default ''
   */
  path?: string;
  /**
   * Serves `/health` and `/health/live`.
   * @default false
   */
  health?: boolean;
  /**
   * Serves the shapes of other products at `/compat/<name>`.
   * @default []
   */
  dialects?: readonly DialectName[];
  /**
   * Serves the OpenAPI document at `/openapi.json`.
   * @default false
   */
  openapi?: boolean;
  /**
   * Serves Prometheus metrics at `/metrics`, to live keys with the scope `operator`.
   * @default false
   */
  metrics?: boolean;
  /**
   * Serves the dashboard at `/dashboard`.
   * @default false
   */
  dashboard?: boolean;
  /**
   * Answers every other path below the mount point with the error envelope, instead of leaving it to the host.
   * @default false
   */
  exclusive?: boolean;
  /** Called with each fault behind an `INTERNAL` answer, and with the `request_id` of that answer. */
  onFault?: (error: unknown, requestId: string) => void;
}

const { callable, flag, list, members, oneOf, optional, satisfying, text } = rules;

/** The rules of these options, for hosts that add options of their own. */
export const mountOptions: Record<keyof MountOptions, Shape> = {
  path: optional(text(0, 2048)),
  health: optional(flag),
  dialects: optional(list(oneOf(dialectNames))),
  openapi: optional(flag),
  metrics: optional(flag),
  dashboard: optional(flag),
  exclusive: optional(flag),
  onFault: optional(callable),
  resolveUser: optional(callable),
  allow: optional(callable),
  allowedHosts: optional(list(text(0, 2048))),
};

const isPaggio = (value: unknown): boolean =>
  typeof (value as Partial<Paggio> | null)?.host?.capture?.route === 'function';
const expected: Arguments = [
  ['paggio', satisfying(isPaggio, 'must be what createPaggio() returned')],
  ['', members(mountOptions, { options: true })],
];

/**
 * Checks the arguments of a handler. It refuses options that do not exist, because a misspelt option would otherwise do
 * nothing, silently.
 * @throws PaggioError `VALIDATION_FAILED` that names what is wrong
 */
export function checkMountOptions(paggio: unknown, options: unknown): void {
  checkInput(expected, [paggio, options]);
}

/**
 * Answers a request that is not a webhook. It authenticates the sender before it reads the body.
 * @throws RequestAborted, and nothing else
 */
export type Responder = (request: Omit<ApiRequest, 'path'>, read: ReadBody) => Promise<Answer>;

/** Paggio's place on a server. It decides, in the same way for every host, which requests are Paggio's and what answers them. */
export class Mount {
  /** Where Paggio is mounted: empty, or with a slash in front and none at the end. */
  readonly base: string;
  private readonly capturing: boolean;
  private readonly dashboard: Dashboard | null;
  private readonly dialectOf: ReturnType<typeof dialectRouter>;
  private readonly ingestHost: IngestHost;

  constructor(
    paggio: Paggio,
    private readonly options: MountOptions = {},
    readonly api: Api = new Api(paggio, options),
  ) {
    this.base = normalizePath(options.path);
    paggio.host.address.mountedAt(this.base);
    const { roles } = paggio.host.options;
    this.capturing = roles.has('capture');
    this.ingestHost = new IngestHost(paggio);
    this.dialectOf = dialectRouter(api, options.dialects);
    this.dashboard =
      options.dashboard === true && roles.has('dashboard')
        ? new Dashboard(api, paggio, this.base, options.exclusive === true && this.base === '')
        : null;
  }

  /** The path below the mount point. Undefined when the path is elsewhere and belongs to the host. */
  within(path: string): string | undefined {
    if (this.base === '') return path;
    // `/hooks-of-mine` is not below `/hooks`.
    const { length } = this.base;
    if (!path.startsWith(this.base) || (path.length > length && path[length] !== '/')) return undefined;
    return path.slice(length);
  }

  /** The slug of a path below the mount point. Undefined when the path is not a webhook URL, or this process captures none. */
  slugOf(local: string): string | undefined {
    return this.capturing ? slugOf(local) : undefined;
  }

  /**
   * Matches a request that is not a webhook, and returns what answers it. Undefined leaves the request to the host.
   * @param local the path below the mount point
   * @param hosts the host names in the request
   */
  responderOf(method: string, local: string, hosts: readonly string[]): Responder | undefined {
    const responder = this.matched(method, local);
    if (responder === undefined || !this.isClosedAt(local, hosts)) return responder;
    return async () => this.api.fail(noSuchRoute());
  }

  /** Whether the request names the host of `ingestUrl` but asks for a path that is not for senders. */
  isClosedAt(local: string, hosts: readonly string[]): boolean {
    return !isSignedIngest(local) && this.ingestHost.matches(hosts);
  }

  private matched(method: string, local: string): Responder | undefined {
    const { api, dashboard, options } = this;
    if (dashboard?.owns(local)) return (request, read) => dashboard.handle({ ...request, path: local }, read);
    const dialect = this.dialectOf(local);
    const { api: spoken, path } = dialect ?? { api, path: local };
    const match = spoken.match(method, path);
    if (!dialect && !match && options.exclusive !== true) return undefined;
    return (request, read) => spoken.handle(match, { ...request, path }, read);
  }

  /** Makes a link (path and query) that signs in to the dashboard once; null when the dashboard is not served. */
  async signInLink(principal: Principal): Promise<string | null> {
    return this.dashboard ? this.dashboard.createLink(principal) : null;
  }
}

/** `hooks/` and `/hooks/` become `/hooks`. Undefined and `/` become the empty text, which is the root. */
export function normalizePath(path: string | undefined): string {
  const trimmed = (path ?? '').replace(/^\/+|(?<!\/)\/+$/g, '');
  return trimmed === '' ? '' : `/${trimmed}`;
}
