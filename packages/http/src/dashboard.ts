import { randomBytes, timingSafeEqual } from 'node:crypto';
import { PaggioError, unauthorized, type Paggio, type Principal } from '@paggio/core';
import { readAsset } from '@paggio/dashboard';
import { jsonAnswer, type Answer } from './answer';
import type { Api } from './api';
import { valuesOf } from './header-values';
import { checkOrigin, isRead, type Asker } from './host-access';
import type { ApiRequest } from './operation';
import { parseJson } from './parse';

export interface DashboardRequest extends ApiRequest {
  /** True behind TLS: the cookie is then for TLS only. */
  secure: boolean;
}

interface Session {
  principal: Principal;
  lastUsedAt: number;
  createdAt: number;
}

const IDLE_MS = 12 * 3600_000;
const ABSOLUTE_MS = 7 * 24 * 3600_000;
const LINK_MS = 60 * 60_000;
const MAX_SESSIONS = 1_000;
const COOKIE = 'paggio_session';
const CSP = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/**
 * The web pages below `/dashboard`, with the management API beside them at `/dashboard/api/v1` for the session cookie.
 * The bearer API knows no cookies, so no page elsewhere can use it. Sessions live in this process: a restart signs out.
 */
export class Dashboard {
  private readonly sessions = new Map<string, Session>();
  private readonly links = new Map<string, { principal: Principal; expiresAt: number }>();

  constructor(
    private readonly api: Api,
    private readonly paggio: Paggio,
    private readonly base: string,
  ) {}

  owns(path: string): boolean {
    return path === '/dashboard' || path.startsWith('/dashboard/');
  }

  /** The query of a link that signs in once, within an hour. */
  createLink(principal: Principal): string {
    const token = randomBytes(24).toString('base64url');
    this.links.set(token, { principal, expiresAt: Date.now() + LINK_MS });
    return `/dashboard/sign-in?token=${token}`;
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
      const asker = this.session(request) ?? (await this.api.access.user(request));
      if (!asker) throw notSignedIn();
      return this.api.handleAs(asker.principal, { ...request, path }, asker.stillValid);
    }
    if (path === '/session' && request.method === 'POST') return this.signIn(request);
    if (path === '/session' && request.method === 'DELETE') return this.signOut(request);
    if (path === '/sign-in' && reads) return this.useLink(request);
    // The page's links are relative to its address without a slash, so that they work under any mount path.
    if (path === '/' && reads) return { status: 308, headers: [['location', `${this.base}/dashboard`]], body: null };
    const asset = reads ? await readAsset(path === '' ? 'index.html' : path.slice(1)) : undefined;
    if (!asset)
      throw new PaggioError('NOT_FOUND', 'There is no such page', {
        hint: `The dashboard is at ${this.base}/dashboard.`,
      });
    const headers: [string, string][] = [
      ['content-type', asset.contentType],
      ['content-security-policy', CSP],
      ['x-content-type-options', 'nosniff'],
      ['referrer-policy', 'no-referrer'],
      ['cache-control', 'no-cache'],
    ];
    return { status: 200, headers, body: asset.body };
  }

  private async signIn(request: DashboardRequest): Promise<Answer> {
    const input = parseJson(request.body) as { key?: unknown };
    if (typeof input.key !== 'string') throw unauthorized();
    const principal = await this.api.authenticate(input.key.trim(), request.remoteAddr);
    return {
      ...jsonAnswer(201, { status: 'ok' }),
      headers: [...jsonAnswer(201, {}).headers, this.open(principal, request.secure)],
    };
  }

  private signOut(request: DashboardRequest): Answer {
    const id = this.cookieOf(request);
    if (id !== undefined) this.sessions.delete(id);
    return {
      status: 204,
      headers: [['set-cookie', `${COOKIE}=; Path=${this.base}/dashboard; Max-Age=0; HttpOnly; SameSite=Lax`]],
      body: null,
    };
  }

  private useLink(request: DashboardRequest): Answer {
    const token = new URLSearchParams(request.query).get('token') ?? '';
    const found = [...this.links.keys()].find((known) => sameToken(known, token));
    const link = found === undefined ? undefined : this.links.get(found);
    if (found !== undefined) this.links.delete(found);
    const location: [string, string] = ['location', `${this.base}/dashboard`];
    // Used or expired: the page asks for a key, and says nothing about which it was.
    if (!link || link.expiresAt < Date.now()) return { status: 303, headers: [location], body: null };
    return { status: 303, headers: [location, this.open(link.principal, request.secure)], body: null };
  }

  private open(principal: Principal, secure: boolean): [string, string] {
    if (this.sessions.size >= MAX_SESSIONS) this.sessions.delete(this.sessions.keys().next().value as string);
    const id = randomBytes(32).toString('base64url');
    const now = Date.now();
    this.sessions.set(id, { principal, createdAt: now, lastUsedAt: now });
    return [
      'set-cookie',
      `${COOKIE}=${id}; Path=${this.base}/dashboard; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`,
    ];
  }

  private session(request: DashboardRequest): Asker | undefined {
    const id = this.cookieOf(request);
    const session = id === undefined ? undefined : this.sessions.get(id);
    const now = Date.now();
    if (!session || now - session.lastUsedAt > IDLE_MS || now - session.createdAt > ABSOLUTE_MS) {
      if (id !== undefined) this.sessions.delete(id);
      return undefined;
    }
    session.lastUsedAt = now;
    const stillValid = (): Promise<boolean> => Promise.resolve([...this.sessions.values()].includes(session));
    return { principal: session.principal, stillValid };
  }

  private cookieOf(request: DashboardRequest): string | undefined {
    const text = valuesOf(request.rawHeaders, 'cookie').join(';');
    return new RegExp(`(?:^|;) *${COOKIE}=([A-Za-z0-9_-]{43})(?:;|$)`).exec(text)?.[1];
  }
}

function notSignedIn(): PaggioError {
  return new PaggioError('UNAUTHORIZED', 'Not signed in', {
    hint: 'Sign in with the link from the start of the server, or with an API key.',
  });
}

function sameToken(known: string, given: string): boolean {
  const [a, b] = [Buffer.from(known), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}
