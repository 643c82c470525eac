import {
  PaggioError,
  problemsOf,
  rules,
  scopes,
  type Arguments,
  type Mode,
  type Paggio,
  type Principal,
  type Scope,
} from '@paggio/core';
import type { AskingRequest } from './asking-request';
import { valuesOf } from './header-values';
import { HostNames, isHostPattern, isLoopbackName } from './host-name';
import { hostName, parseHost } from './request-host';
import { checkOrigin } from './request-origin';

/** The user of the host who sent a request. */
export interface HostUser {
  /** The owner of the objects that the request reads and creates. */
  userId: string;
  /** @default 'live' */
  mode?: Mode;
  /**
   * What the user may do with their own objects:
   * - `read`: see endpoints, events, rejections and statistics.
   * - `write`: change endpoints and destinations, replay, cancel, send test events.
   * - `ingest`: publish events.
   * - `resign`: replays that are signed in the provider's name or carry its tokens; and sending requests that carry such a
   *   token to further hosts. Give it to users who may know their providers' secrets.
   * - `admin`: their own keys, secrets, audit log and notifications, which is what the Settings page shows. Includes `resign`.
   * - `operator`: metrics and the state of the server, and with `admin` the keys of EVERY user, which means everything of
   *   every user. Only for the people who run the host, never for a tenant. It counts in live mode only.
   * @default ['read', 'write', 'ingest']
   */
  scopes?: readonly Scope[];
}

type MaybePromise<T> = T | Promise<T>;

/** @typeParam HostRequest the request type of the host's framework */
export interface HostAccessOptions<HostRequest> {
  /**
   * Returns the user who sent a request without an API key to the API or the dashboard, or null. It is for hosts whose
   * users are signed in already. Changes that a browser sends for another site are refused.
   * @default API keys and the dashboard's own sessions only
   */
  resolveUser?: (request: HostRequest) => MaybePromise<HostUser | null>;
  /**
   * Decides whether a request to the API or the dashboard is answered, even if it has a key. False gives 403. It is not
   * called for webhooks.
   * @default everything is allowed
   */
  allow?: (request: HostRequest) => MaybePromise<boolean>;
  /**
   * Host names that the API and the dashboard answer to, besides `localhost`, names below it, loopback addresses and
   * the host of `publicUrl`: names, addresses, `*.example.com` for every name below, `*` for every host. Requests for
   * other hosts get 403, even with a key, so that a web page whose name is made to point at this machine can read
   * nothing. This does not apply to webhooks and signed ingest.
   * @default a local app (it is reached at a loopback address, and `publicUrl` is one too) answers to these names only,
   * except requests with an API key and browsers that came by TLS; any other app answers to every name
   */
  allowedHosts?: readonly string[];
}

/** An authenticated sender. `stillValid` tells whether the key or session is still valid, for streams that stay open. */
export interface Identity {
  principal: Principal;
  stillValid: () => Promise<boolean>;
}

const defaultScopes: readonly Scope[] = ['read', 'write', 'ingest'];

/** Applies the host's options about who may use the API and the dashboard. */
export class HostAccess {
  /** `null` means the default. */
  private readonly hosts: HostNames | null;

  /** @throws PaggioError `BAD_REQUEST` for an entry of `allowedHosts` that is not a valid host */
  constructor(
    private readonly paggio: Paggio,
    private readonly options: HostAccessOptions<never>,
  ) {
    const { allowedHosts } = options;
    const wrong = allowedHosts?.find((entry) => !isHostPattern(entry));
    if (wrong !== undefined) {
      throw new PaggioError('BAD_REQUEST', `allowedHosts: "${wrong}" is not a valid host`, {
        hint: 'Give names without scheme and port, such as hooks.example.com or *.example.com.',
      });
    }
    this.hosts = allowedHosts === undefined ? null : new HostNames(allowedHosts);
  }

  /**
   * Refuses a request for a host name that this server does not have. A web page can make its own name point here (DNS
   * rebinding). Its browser then treats this server as the same origin, and sends the page's name as the host.
   * @param needsKey whether the request needs an API key, which such a page does not have
   * @throws PaggioError `FORBIDDEN`
   */
  checkHost(request: AskingRequest, { needsKey }: { needsKey: boolean }): void {
    if (this.hosts === null && needsKey) return;
    const { hosts } = request.arrival;
    const publicName = hostName(new URL(this.paggio.host.address.baseUrl));
    // A script on a rebound page can add X-Forwarded-Host, but it cannot change Host: each of them must be known.
    const unknown = hosts.find((host) => !this.isKnown(host, publicName));
    if (hosts.length > 0 && unknown === undefined) return;
    if (this.hosts === null && !isLocalApp(request, publicName)) return;
    const given = unknown === undefined ? 'a request without a host' : `the host "${unknown.slice(0, 253)}"`;
    throw new PaggioError('FORBIDDEN', `This server does not answer to ${given}`, {
      hint: 'Use localhost or 127.0.0.1. If this is the public address of the server, set PAGGIO_PUBLIC_URL (option publicUrl) to it. List further names in PAGGIO_ALLOWED_HOSTS (option allowedHosts).',
    });
  }

  private isKnown(host: string, publicName: string): boolean {
    const url = parseHost(host, 'http:');
    if (url === undefined) return false;
    const name = hostName(url);
    return isLoopbackName(name) || name === publicName || (this.hosts?.has(name) ?? false);
  }

  /** @throws PaggioError `FORBIDDEN` */
  async check(request: AskingRequest): Promise<void> {
    const { allow } = this.options;
    if (allow === undefined || (await allow(request.hostRequest as never)) === true) return;
    throw new PaggioError('FORBIDDEN', 'The host does not allow this request', {
      hint: 'Ask the operator of the host.',
    });
  }

  /**
   * The host's user, or null.
   * @throws PaggioError `FORBIDDEN` for a change that another site made the user's browser send, and for a host name that
   * this server does not have
   */
  async user(request: AskingRequest): Promise<Identity | null> {
    if (!this.options.resolveUser) return null;
    this.checkHost(request, { needsKey: false });
    const user = await this.resolve(request);
    if (!user) return null;
    if (!isRead(request.method)) checkOrigin(request, this.paggio.host.address.baseUrl, 'optional');
    const principal = {
      userId: user.userId,
      mode: user.mode ?? 'live',
      scopes: new Set(user.scopes ?? defaultScopes),
      keyId: null,
      remoteAddr: request.remoteAddr,
    };
    return { principal, stillValid: async () => (await this.resolve(request))?.userId === user.userId };
  }

  private async resolve(request: AskingRequest): Promise<HostUser | null> {
    const user = (await this.options.resolveUser?.(request.hostRequest as never)) ?? null;
    const problems = user === null ? undefined : problemsOf(hostUser, [user]);
    // This is a fault of the host. The sender of the request cannot correct it.
    if (problems) throw new TypeError(`resolveUser returned no user: ${problems.map((one) => one.message).join(' ')}`);
    return user;
  }
}

const scope = rules.oneOf(scopes);
/** A host may return an object of its own, which has more members. */
const hostUser: Arguments = [
  [
    'user',
    rules.members(
      {
        userId: rules.text(1, 512),
        mode: rules.optional(rules.oneOf(['live', 'test'])),
        scopes: rules.optional(
          rules.rule((value, field) => rules.list(scope)(value instanceof Set ? [...value] : value, field)),
        ),
      },
      { open: true },
    ),
  ],
];

/**
 * Whether a request came in at a loopback address of an app that has no public address. Browsers that come through a
 * proxy on the same machine use TLS and send `Sec-Fetch-Site`. Over plain HTTP, they send it to loopback names only.
 */
function isLocalApp({ rawHeaders, arrival }: AskingRequest, publicName: string): boolean {
  return arrival.onLoopback && isLoopbackName(publicName) && valuesOf(rawHeaders, 'sec-fetch-site').length === 0;
}

export function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}
