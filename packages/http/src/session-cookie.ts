import { valuesOf } from './header-values';

type Header = [string, string];

const PLAIN = 'paggio_session';
/** Browsers accept this name only from the host itself over TLS, so another host of the domain cannot plant the cookie. */
const PREFIXED = `__Host-${PLAIN}`;

/**
 * The cookie that holds the session of the dashboard. Over TLS it has the prefix `__Host-`, which requires the path `/`. Over
 * plain HTTP browsers refuse that prefix, so the cookie has another name and the path of the dashboard.
 */
export class SessionCookie {
  private readonly plain: string;

  /** @param path of the dashboard */
  constructor(path: string) {
    this.plain = `Path=${path}; HttpOnly; SameSite=Lax`;
  }

  set(token: string, secure: boolean): Header {
    return ['set-cookie', `${nameOf(secure)}=${token}; ${this.attributes(secure)}`];
  }

  /** Removes the cookie. Over TLS, it also removes the cookie that versions before the prefix have set. */
  remove(rawHeaders: readonly string[], secure: boolean): Header[] {
    return [
      ['set-cookie', `${nameOf(secure)}=; Max-Age=0; ${this.attributes(secure)}`],
      ...this.removeOld(rawHeaders, secure),
    ];
  }

  /** Removes the cookie of versions before the prefix, if this request carries it over TLS. */
  removeOld(rawHeaders: readonly string[], secure: boolean): Header[] {
    if (this.readOld(rawHeaders, secure) === undefined) return [];
    return [['set-cookie', `${PLAIN}=; Max-Age=0; ${this.plain}`]];
  }

  /** The value of the cookie as it was sent; undefined if the request has no such cookie. */
  read(rawHeaders: readonly string[], secure: boolean): string | undefined {
    return valueOf(rawHeaders, nameOf(secure));
  }

  /**
   * The value of the cookie of versions before the prefix, over TLS only. Another host of the domain can plant it, so
   * it may end a session but must not sign anybody in.
   */
  readOld(rawHeaders: readonly string[], secure: boolean): string | undefined {
    return secure ? valueOf(rawHeaders, PLAIN) : undefined;
  }

  private attributes(secure: boolean): string {
    return secure ? 'Path=/; Secure; HttpOnly; SameSite=Lax' : this.plain;
  }
}

function nameOf(secure: boolean): string {
  return secure ? PREFIXED : PLAIN;
}

function valueOf(rawHeaders: readonly string[], name: string): string | undefined {
  const text = valuesOf(rawHeaders, 'cookie').join(';');
  return new RegExp(`(?:^|;) *${name}=([^;\\s]*)`).exec(text)?.[1] || undefined;
}
