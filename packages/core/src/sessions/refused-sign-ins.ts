import type { Audit } from '../audit/audit';
import type { Keys } from '../keys/keys';
import { RateLimiter } from '../keys/rate-limiter';
import type { Owner } from '../principal';
import type { SpentLink } from './session-store';
import type { TelemetryEvent } from '../telemetry/telemetry';
import type { SignInRequest } from './session';

/**
 * The audit log gets one entry a minute for each key or link and address, so that a loop of attempts does not fill it.
 */
const KEPT = { perSecond: 1 / 60, burst: 1 };
/** The server's log is limited by address, and for all addresses together, because a stranger may have many. */
const LOGGED = { perSecond: 1 / 60, burst: 1 };
const LOGGED_IN_ALL = { perSecond: 1, burst: 60 };
/** The database counts too, because senders may change addresses and there may be several processes. */
const KEPT_A_DAY = 100;

/** A key or link that was valid once, and its owner. */
interface Known extends Owner {
  id: string;
  keyId: string | null;
  reason: SpentLink['reason'] | 'key_revoked' | 'key_expired';
}

/**
 * Records sign-ins that failed. When the key or link was valid once, the audit log of its user gets an entry, because
 * it may have leaked. A key or link that never existed has no owner, so only the server's log mentions it.
 */
export class RefusedSignIns {
  private readonly kept = new RateLimiter(KEPT);
  private readonly logged = new RateLimiter(LOGGED);
  private readonly loggedInAll = new RateLimiter(LOGGED_IN_ALL);

  constructor(
    private readonly keys: Pick<Keys, 'findEnded'>,
    private readonly audit: Pick<Audit, 'keepRefusal'>,
    private readonly emit: (event: TelemetryEvent) => void,
  ) {}

  async key(key: string, browser: SignInRequest): Promise<void> {
    const ended = await this.keys.findEnded(key);
    const known = ended && { ...ended, id: ended.keyId, reason: `key_${ended.reason}` as const };
    await this.refuse('key', known, browser);
  }

  async link(link: SpentLink | null, browser: SignInRequest): Promise<void> {
    await this.refuse('link', link, browser);
  }

  private async refuse(by: 'key' | 'link', known: Known | null, browser: SignInRequest): Promise<void> {
    const { remoteAddr, userAgent } = browser;
    const reason = known?.reason ?? `unknown_${by}`;
    if (this.logged.take(String(remoteAddr)).allowed && this.loggedInAll.take('').allowed)
      this.emit({ type: 'session.refused', by, reason, remoteAddr });
    if (known === null || !this.kept.take(`${known.id} ${remoteAddr}`).allowed) return;
    const { userId, mode, keyId, id } = known;
    await this.audit.keepRefusal(
      { userId, mode, keyId, remoteAddr },
      {
        action: 'session.refused',
        objectId: id,
        before: null,
        after: { by, reason, user_agent: userAgent?.slice(0, 256) ?? null },
      },
      KEPT_A_DAY,
    );
  }
}
