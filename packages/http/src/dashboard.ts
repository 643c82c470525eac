import {
  hasScope,
  invalid,
  PaggioError,
  scopes,
  unauthorized,
  type Paggio,
  type Principal,
  type Session,
} from '@paggio/core';
import { loadAssets, type Asset, type Assets } from '@paggio/dashboard';
import { jsonAnswer, noContent, type Answer } from './answer';
import type { Api } from './api';
import { valuesOf } from './header-values';
import { checkOrigin, isRead } from './host-access';
import type { ApiRequest } from './operation';
import { parseJson } from './parse';

export interface DashboardRequest extends ApiRequest {
  /** True behind TLS: the cookie is then for TLS only. */
  secure: boolean;
}

/** Who looks, and whether the host or a session says so. */
interface Viewer {
  principal: Principal;
  session: (Session & { token: string }) | null;
  stillValid: () => Promise<boolean>;
}

const COOKIE = 'paggio_session';
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
 * The web pages below `/dashboard`, with the management API beside them at `/dashboard/api/v1` for the session cookie.
 * The bearer API knows no cookies, so no page elsewhere can use it.
 */
export class Dashboard {
  private readonly assets: Assets;
  private readonly mountPath: string;

  /** @param ownsOrigin whether all of the origin is Paggio's: then it may ask browsers to come by TLS only */
  constructor(
    private readonly api: Api,
    private readonly paggio: Paggio,
    base: string,
    private readonly ownsOrigin: boolean,
  ) {
    this.assets = loadAssets();
    this.mountPath = `${base}/dashboard`;
  }

  owns(path: string): boolean {
    return path === '/dashboard' || path.startsWith('/dashboard/');
  }

  /** The path of a link that signs in once, within an hour. */
  async createLink(principal: Principal): Promise<string> {
    return `${this.mountPath}/sign-in?token=${await this.paggio.sessions.createLink(principal)}`;
  }

  /** Never throws. */
  async handle(request: DashboardRequest): Promise<Answer> {
    try {
      await this.api.access.check(request);
      return await this.route(request);
    } catch (error) {
      return this.api.fail(error);
    }
  }

  private async route(request: DashboardRequest): Promise<Answer> {
    const path = request.path.slice('/dashboard'.length);
    const reads = isRead(request.method);
    if (!reads) checkOrigin(request, this.paggio, 'required');
    if (path.startsWith('/api/v1/')) {
      const viewer = await this.viewer(request);
      return this.api.handleAs(viewer.principal, { ...request, path }, viewer.stillValid);
    }
    if (path === '/session') return this.session(request);
    if (!reads) throw this.noSuchPage();
    if (path === '/sign-in') return this.useLink(request);
    // Pages and files are below one address, which has no slash at its end.
    if (path === '/') return { status: 308, headers: [['location', this.mountPath]], body: null };
    if (PAGE.test(path)) return this.page(request, 200);
    const file = path.startsWith('/assets/') ? this.assets.file(path.slice('/assets/'.length)) : undefined;
    // A person who mistyped an address gets a page that leads back.
    if (!file && wantsPage(request)) return this.page(request, 404);
    if (!file) throw this.noSuchPage();
    return fileAnswer(file, valuesOf(request.rawHeaders, 'accept-encoding').join());
  }

  private async session(request: DashboardRequest): Promise<Answer> {
    switch (request.method) {
      case 'GET':
      case 'HEAD':
        return jsonAnswer(200, toSession(await this.viewer(request)));
      case 'POST':
        return this.signIn(request);
      case 'PATCH':
        return this.switchMode(request);
      case 'DELETE':
        return this.signOut(request);
      default:
        throw this.noSuchPage();
    }
  }

  private async signIn(request: DashboardRequest): Promise<Answer> {
    const key = memberOf(request.body, 'key');
    if (typeof key !== 'string') throw unauthorized();
    const principal = await this.api.authenticate(key.trim(), request.remoteAddr);
    const cookie = this.cookie(await this.paggio.sessions.open(principal), request.secure);
    const answer = jsonAnswer(201, { status: 'ok' });
    return { ...answer, headers: [...answer.headers, cookie] };
  }

  private async switchMode(request: DashboardRequest): Promise<Answer> {
    const viewer = await this.viewer(request);
    const mode = memberOf(request.body, 'mode');
    if (mode !== 'live' && mode !== 'test') throw invalid([{ field: 'mode', message: 'mode must be live or test.' }]);
    if (viewer.session === null) {
      throw new PaggioError('FORBIDDEN', 'The host decides about the mode', { hint: 'Ask whoever runs the host.' });
    }
    const { token } = viewer.session;
    const session = await this.paggio.sessions.show(token, mode);
    return jsonAnswer(200, toSession({ ...viewer, principal: session.principal, session: { ...session, token } }));
  }

  private async signOut(request: DashboardRequest): Promise<Answer> {
    const token = tokenOf(request);
    if (token !== undefined) await this.paggio.sessions.close(token);
    const over = `${COOKIE}=; Path=${this.mountPath}; Max-Age=0; HttpOnly; SameSite=Lax`;
    return { ...noContent, headers: [['set-cookie', over]] };
  }

  private async useLink(request: DashboardRequest): Promise<Answer> {
    const link = new URLSearchParams(request.query).get('token') ?? '';
    const token = await this.paggio.sessions.useLink(link);
    const headers: [string, string][] = [['cache-control', 'no-store'], ...safe];
    // Used, expired or invented: the page asks for a key, and says nothing about which it was.
    if (token === null)
      return { status: 303, headers: [...headers, ['location', `${this.mountPath}?link=used`]], body: null };
    return {
      status: 303,
      headers: [...headers, ['location', this.mountPath], this.cookie(token, request.secure)],
      body: null,
    };
  }

  private page({ secure }: DashboardRequest, status: number): Answer {
    const headers: [string, string][] = [
      ['content-type', 'text/html; charset=utf-8'],
      ['content-security-policy', CSP],
      ['cross-origin-opener-policy', 'same-origin'],
      ...safe,
      ['cache-control', 'no-store'],
    ];
    if (secure && this.ownsOrigin) headers.push(['strict-transport-security', 'max-age=31536000']);
    return { status, headers, body: this.assets.page(this.mountPath) };
  }

  private cookie(token: string, secure: boolean): [string, string] {
    return [
      'set-cookie',
      `${COOKIE}=${token}; Path=${this.mountPath}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`,
    ];
  }

  /** @throws PaggioError `UNAUTHORIZED` */
  private async viewer(request: DashboardRequest): Promise<Viewer> {
    const token = tokenOf(request);
    const session = token === undefined ? null : await this.paggio.sessions.find(token);
    if (token !== undefined && session !== null) {
      const stillValid = async (): Promise<boolean> => {
        const now = await this.paggio.sessions.find(token);
        return now !== null && now.principal.mode === session.principal.mode;
      };
      const principal = { ...session.principal, remoteAddr: request.remoteAddr };
      return { principal, session: { ...session, token }, stillValid };
    }
    const user = await this.api.access.user(request);
    if (user) return { ...user, session: null };
    throw new PaggioError('UNAUTHORIZED', 'Not signed in', {
      hint: 'Sign in with the link from the start of the server, or with an API key.',
    });
  }

  private noSuchPage(): PaggioError {
    return new PaggioError('NOT_FOUND', 'There is no such page', { hint: `The dashboard is at ${this.mountPath}.` });
  }
}

/** Undefined for what has no members, too. */
function memberOf(body: Buffer, name: string): unknown {
  const value = parseJson(body);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function toSession({ principal, session }: Viewer): object {
  return {
    user_id: principal.userId,
    mode: principal.mode,
    scopes: scopes.filter((scope) => hasScope(principal, scope)),
    modes: session?.modes ?? [principal.mode],
    by: session === null ? 'host' : 'session',
    expires_at: session?.expiresAt.toISOString() ?? null,
  };
}

/** Its name changes with its content: browsers need not ask again. */
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

function wantsPage({ rawHeaders }: DashboardRequest): boolean {
  return valuesOf(rawHeaders, 'accept').join().includes('text/html');
}

function tokenOf(request: DashboardRequest): string | undefined {
  const text = valuesOf(request.rawHeaders, 'cookie').join(';');
  return new RegExp(`(?:^|;) *${COOKIE}=([A-Za-z0-9_-]{43})(?:;|$)`).exec(text)?.[1];
}
