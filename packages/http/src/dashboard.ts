import {
  hasScope,
  invalid,
  PaggioError,
  scopes,
  unauthorized,
  type Paggio,
  type Principal,
  type Session,
  type SignInRequest,
} from '@paggio/core';
import { loadAssets, type Asset, type Assets } from '@paggio/dashboard';
import { jsonAnswer, noContent, type Answer, withHeaders } from './answer';
import { anonymous, type Api } from './api';
import { valuesOf } from './header-values';
import { isRead, type Identity } from './host-access';
import type { ApiRequest, ReadBody } from './operation';
import { parseJson } from './parse';
import { checkOrigin } from './request-origin';
import { SessionCookie } from './session-cookie';

/** The person who uses the dashboard. */
interface Viewer extends Identity {
  /** `null` means that the host authenticated its own user. */
  session: (Session & { token: string }) | null;
}

/** Session tokens that a process remembers as valid. When there are more, it forgets all of them. */
const MAX_KNOWN = 10_000;
/** The largest body of a sign-in, in bytes. It is small because anybody may send one. */
const SESSION_BODY_LIMIT = 4 * 1024;
const PAGE = /^(?:|\/(?:webhooks|events)(?:\/[^/]+)?|\/replays|\/settings)$/;
const CSP =
  "default-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; " +
  // No text can become markup or script, whatever the pages do with it.
  "require-trusted-types-for 'script'; trusted-types 'none'";
const safe: readonly [string, string][] = [
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
];

/**
 * The web pages below `/dashboard`, and the management API at `/dashboard/api/v1`, which accepts the session cookie.
 * The API at `/api/v1` ignores that cookie, so pages of other sites cannot use it.
 */
export class Dashboard {
  private readonly assets: Assets;
  /**
   * Tokens that were valid at their last look-up. The limit on guessing does not apply to them, so strangers with the same
   * address cannot lock their users out. Each use still asks the database.
   */
  private readonly known = new Set<string>();

  /** @param ownsOrigin whether Paggio serves the whole origin; only then may it tell browsers to use TLS from now on */
  constructor(
    private readonly api: Api,
    private readonly paggio: Paggio,
    private readonly base: string,
    private readonly ownsOrigin: boolean,
  ) {
    this.assets = loadAssets();
  }

  /** The path of the dashboard as browsers see it. A proxy may remove the path of the public URL from requests. */
  private get mountPath(): string {
    return `${this.paggio.host.address.publicPath}${this.base}/dashboard`;
  }

  private get cookie(): SessionCookie {
    return new SessionCookie(this.mountPath);
  }

  owns(path: string): boolean {
    return path === '/dashboard' || path.startsWith('/dashboard/');
  }

  /** Makes a link that signs in once, within an hour, and returns its path. */
  async createLink(principal: Principal): Promise<string> {
    return `${this.mountPath}/sign-in?token=${await this.paggio.admin.sessions.createLink(principal)}`;
  }

  /** @throws RequestAborted, and nothing else */
  async handle(request: ApiRequest, read: ReadBody): Promise<Answer> {
    try {
      this.api.access.checkHost(request, { needsKey: false });
      await this.api.access.check(request);
      return await this.route(request, read);
    } catch (error) {
      return this.api.fail(error);
    }
  }

  private async route(request: ApiRequest, read: ReadBody): Promise<Answer> {
    const path = request.path.slice('/dashboard'.length);
    const reads = isRead(request.method);
    if (!reads) checkOrigin(request, this.paggio.host.address.baseUrl, 'required');
    if (path.startsWith('/api/v1/')) return this.api.handleAs(await this.viewer(request), { ...request, path }, read);
    if (path === '/session') return this.session(request, read);
    if (!reads) throw this.noSuchPage();
    if (path === '/sign-in') return this.useLink(request);
    // The pages have one address, without a slash at its end.
    if (path === '/') return { status: 308, headers: [['location', this.mountPath]], body: null };
    if (PAGE.test(path)) return this.page(request, 200);
    const file = path.startsWith('/assets/') ? this.assets.file(path.slice('/assets/'.length)) : undefined;
    // A browser that asks for an unknown page gets a page with a link back.
    if (!file && wantsPage(request)) return this.page(request, 404);
    if (!file) throw this.noSuchPage();
    return fileAnswer(file, valuesOf(request.rawHeaders, 'accept-encoding').join());
  }

  private async session(request: ApiRequest, read: ReadBody): Promise<Answer> {
    switch (request.method) {
      case 'GET':
      case 'HEAD':
        return this.show(request);
      case 'POST':
        return this.signIn(request, read);
      case 'PATCH':
        return this.switchMode(request, read);
      case 'DELETE':
        return this.signOut(request);
      default:
        throw this.noSuchPage();
    }
  }

  private async show(request: ApiRequest): Promise<Answer> {
    const viewer = await this.viewer(request);
    const headers = this.api.limit(viewer.principal, 'api');
    return withHeaders(jsonAnswer(200, toSession(viewer)), headers);
  }

  private async signIn(request: ApiRequest, read: ReadBody): Promise<Answer> {
    const key = memberOf(await read(SESSION_BODY_LIMIT, anonymous(request.remoteAddr)), 'key');
    if (typeof key !== 'string') throw unauthorized();
    const browser = this.browserOf(request);
    const principal = await this.api.authenticate(key.trim(), request.remoteAddr).catch(async (error: unknown) => {
      if (error instanceof PaggioError && error.code === 'UNAUTHORIZED')
        await this.paggio.admin.sessions.refuseKey(key.trim(), browser);
      throw error;
    });
    const headers = this.api.limit(principal, 'api');
    const token = await this.paggio.admin.sessions.open(principal, browser);
    this.remember(token);
    return withHeaders(jsonAnswer(201, { status: 'ok' }), [...headers, ...this.cookiesFor(token, request)]);
  }

  private async switchMode(request: ApiRequest, read: ReadBody): Promise<Answer> {
    const viewer = await this.viewer(request);
    const headers = this.api.limit(viewer.principal, 'api');
    const mode = memberOf(await read(SESSION_BODY_LIMIT, anonymous(request.remoteAddr)), 'mode');
    if (mode !== 'live' && mode !== 'test') throw invalid([{ field: 'mode', message: 'mode must be live or test.' }]);
    if (viewer.session === null) {
      throw new PaggioError('FORBIDDEN', 'Only the host can choose the mode of its users', {
        hint: 'Ask the operator of the host.',
      });
    }
    const { token } = viewer.session;
    const session = await this.paggio.admin.sessions.show(token, mode);
    const shown = toSession({ ...viewer, principal: session.principal, session: { ...session, token } });
    return withHeaders(jsonAnswer(200, shown), headers);
  }

  private async signOut(request: ApiRequest): Promise<Answer> {
    const token = this.tokenToEnd(request);
    if (token !== undefined && (await this.findSession(token, request.remoteAddr)) !== null) {
      this.known.delete(token);
      await this.paggio.admin.sessions.close(token, request.remoteAddr);
    }
    return withHeaders(noContent, this.cookie.remove(request.rawHeaders, this.isSecure(request)));
  }

  private async useLink(request: ApiRequest): Promise<Answer> {
    const link = new URLSearchParams(request.query).get('token') ?? '';
    const browser = this.browserOf(request);
    const token = await this.api.guess(request.remoteAddr, link, () =>
      this.paggio.admin.sessions.useLink(link, browser),
    );
    const headers: [string, string][] = [['cache-control', 'no-store'], ...safe];
    // For used, expired and invented links alike, the page asks for a key and does not tell which it was.
    if (token === null)
      return { status: 303, headers: [...headers, ['location', `${this.mountPath}?link=used`]], body: null };
    this.remember(token);
    return {
      status: 303,
      headers: [...headers, ['location', this.mountPath], ...this.cookiesFor(token, request)],
      body: null,
    };
  }

  private page(request: ApiRequest, status: number): Answer {
    const headers: [string, string][] = [
      ['content-type', 'text/html; charset=utf-8'],
      ['content-security-policy', CSP],
      ['cross-origin-opener-policy', 'same-origin'],
      ...safe,
      ['cache-control', 'no-store'],
    ];
    if (this.isSecure(request) && this.ownsOrigin) headers.push(['strict-transport-security', 'max-age=31536000']);
    return { status, headers, body: this.assets.page(this.mountPath) };
  }

  /**
   * The holder of the session or, without a session, the host's user. It asks the host first, unless the token is known
   * to be valid, because the cookie may be invented.
   * @throws PaggioError `UNAUTHORIZED`; `RATE_LIMITED` for an address that has sent too many invalid sessions
   */
  private async viewer(request: ApiRequest): Promise<Viewer> {
    const token = this.tokenOf(request);
    const wasKnown = token !== undefined && this.known.has(token);
    const user = wasKnown ? null : await this.api.access.user(request);
    const session = token === undefined ? null : await this.findSession(token, request.remoteAddr, user !== null);
    if (token !== undefined && session !== null) {
      const { mode } = session.principal;
      const stillValid = (): Promise<boolean> =>
        this.api.checks.ask(`${token} ${mode}`, async () => {
          const now = await this.paggio.admin.sessions.find(token);
          return now !== null && now.principal.mode === mode;
        });
      const principal = { ...session.principal, remoteAddr: request.remoteAddr };
      return { principal, session: { ...session, token }, stillValid };
    }
    const found = wasKnown ? await this.api.access.user(request) : user;
    if (found) return { ...found, session: null };
    throw new PaggioError('UNAUTHORIZED', 'Not signed in', {
      hint: 'Sign in with the link that the server printed when it started, or with an API key.',
    });
  }

  /** @throws PaggioError `RATE_LIMITED` for an invalid session of an address that has sent too many of them */
  private async findSession(token: string, remoteAddr: string | null, isTrusted = false): Promise<Session | null> {
    const find = (): Promise<Session | null> => this.paggio.admin.sessions.find(token);
    const session = isTrusted || this.known.has(token) ? await find() : await this.api.guess(remoteAddr, token, find);
    if (session === null) this.known.delete(token);
    else this.remember(token);
    return session;
  }

  private remember(token: string): void {
    if (this.known.size >= MAX_KNOWN) this.known.clear();
    this.known.add(token);
  }

  private browserOf(request: ApiRequest): SignInRequest {
    const { remoteAddr, rawHeaders } = request;
    const userAgent = valuesOf(rawHeaders, 'user-agent')[0] ?? null;
    return { remoteAddr, userAgent, token: this.tokenToEnd(request) ?? null };
  }

  private tokenOf(request: ApiRequest): string | undefined {
    return this.cookie.read(request.rawHeaders, this.isSecure(request));
  }

  /** The token of the session that signing out or a new sign-in ends. It may be in the cookie of an older version. */
  private tokenToEnd(request: ApiRequest): string | undefined {
    return this.tokenOf(request) ?? this.cookie.readOld(request.rawHeaders, this.isSecure(request));
  }

  private cookiesFor(token: string, request: ApiRequest): [string, string][] {
    const secure = this.isSecure(request);
    return [this.cookie.set(token, secure), ...this.cookie.removeOld(request.rawHeaders, secure)];
  }

  /** Whether the browser should send the cookie over TLS only. */
  private isSecure({ arrival }: ApiRequest): boolean {
    return arrival.overTls || this.paggio.host.address.isOverTls;
  }

  private noSuchPage(): PaggioError {
    return new PaggioError('NOT_FOUND', 'There is no such page', { hint: `The dashboard is at ${this.mountPath}.` });
  }
}

/** A member of a JSON body. Undefined when the body is not an object. */
function memberOf(body: Buffer, name: string): unknown {
  const value = parseJson(body);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function toSession({ principal, session }: Viewer): object {
  return {
    id: session?.id ?? null,
    user_id: principal.userId,
    mode: principal.mode,
    scopes: scopes.filter((scope) => hasScope(principal, scope)),
    modes: session?.modes ?? [principal.mode],
    by: session === null ? 'host' : 'session',
    expires_at: session?.expiresAt.toISOString() ?? null,
  };
}

/** Browsers may keep a file forever, because its name changes with its content. */
function fileAnswer({ contentType, body, gzip }: Asset, accepted: string): Answer {
  const headers: [string, string][] = [
    ['content-type', contentType],
    ...safe,
    ['cache-control', 'public, max-age=31536000, immutable'],
  ];
  if (gzip === null) return { status: 200, headers, body };
  headers.push(['vary', 'accept-encoding']);
  if (!/\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$|\s))/.test(accepted)) return { status: 200, headers, body };
  return { status: 200, headers: [...headers, ['content-encoding', 'gzip']], body: gzip };
}

function wantsPage({ rawHeaders }: ApiRequest): boolean {
  return valuesOf(rawHeaders, 'accept').join().includes('text/html');
}
