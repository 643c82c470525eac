import { PaggioError, type Mode, type Paggio, type Principal, type Scope } from '@paggio/core';
import { valuesOf } from './header-values';

/** Whom a host says a request is from. */
export interface HostUser {
  /** Owner of what the request sees and makes. */
  userId: string;
  /** @default 'live' */
  mode?: Mode;
  /**
   * What the user may do with what is theirs:
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

/** @typeParam HostRequest what the host's framework calls a request */
export interface HostAccessOptions<HostRequest> {
  /**
   * Who sent a request of the API or the dashboard that carries no API key; null: nobody. For hosts whose users are
   * signed in already. Changes that a browser sends for another site are refused.
   * @default API keys and the dashboard's own sessions only
   */
  resolveUser?: (request: HostRequest) => MaybePromise<HostUser | null>;
  /**
   * Asked before anything of the API and the dashboard is answered, also to holders of keys; false: 403. Webhooks are
   * not asked about.
   * @default everything is allowed
   */
  allow?: (request: HostRequest) => MaybePromise<boolean>;
}

/** What a request says about where it comes from. */
export interface AskingRequest {
  method: string;
  rawHeaders: readonly string[];
  remoteAddr: string | null;
  /** As the host's framework knows it. */
  hostRequest: unknown;
}

/** Who asks, and whether it still is who it was: keys are revoked and sessions end while a stream is read. */
export interface Asker {
  principal: Principal;
  stillValid: () => Promise<boolean>;
}

const defaultScopes: readonly Scope[] = ['read', 'write', 'ingest'];

/** What the host decides about who may come in. */
export class HostAccess {
  constructor(
    private readonly paggio: Paggio,
    private readonly options: HostAccessOptions<never>,
  ) {}

  /** @throws PaggioError `FORBIDDEN` */
  async check(request: AskingRequest): Promise<void> {
    const { allow } = this.options;
    if (allow === undefined || (await allow(request.hostRequest as never)) === true) return;
    throw new PaggioError('FORBIDDEN', 'The host does not allow this request', { hint: 'Ask whoever runs the host.' });
  }

  /**
   * The host's user, or null.
   * @throws PaggioError `FORBIDDEN` for a change that another site had the user's browser send
   */
  async user(request: AskingRequest): Promise<Asker | null> {
    const user = await this.resolve(request);
    if (!user) return null;
    if (!isRead(request.method)) checkOrigin(request, this.paggio, 'optional');
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
    return (await this.options.resolveUser?.(request.hostRequest as never)) ?? null;
  }
}

export function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

/**
 * A form or script of another site sends its own origin, or `null`. Browsers always say the origin of a change; what sends
 * none is no browser.
 * @throws PaggioError `FORBIDDEN`
 */
export function checkOrigin(
  { rawHeaders }: Pick<AskingRequest, 'rawHeaders'>,
  paggio: Paggio,
  presence: 'required' | 'optional',
): void {
  const [origin, ...more] = valuesOf(rawHeaders, 'origin');
  if (origin === undefined && presence === 'optional') return;
  if (origin !== undefined && more.length === 0 && URL.canParse(origin)) {
    const { host } = new URL(origin);
    // A proxy may have changed the host on the way; then the address that people use is the configured one.
    if (host === valuesOf(rawHeaders, 'host')[0] || host === new URL(paggio.baseUrl).host) return;
  }
  throw new PaggioError('FORBIDDEN', 'This request comes from another site', {
    hint: 'Use the management API with an API key.',
  });
}
