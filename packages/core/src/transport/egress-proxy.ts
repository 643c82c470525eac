import { request } from 'node:http';
import type { Socket } from 'node:net';
import { connectToAny } from './address-race';
import { systemResolve, type AddressGuard, type Resolve } from './address-guard';
import { secured } from './secured';
import type { TlsTrust } from './tls-trust';

/** What CONNECT gives to the proxy: the checked address, or the name. */
export type EgressProxyTarget = 'address' | 'name';

/** The proxy failed and not the destination. The message names the proxy without its user and password. */
export class EgressProxyError extends Error {
  override readonly name = 'EgressProxyError';

  constructor(
    readonly code: 'proxy_unreachable' | 'proxy_timeout' | 'proxy_authentication' | 'proxy_refused' | 'proxy_failed',
    message: string,
  ) {
    super(message);
  }
}

/** The proxy is asked for at most this many addresses of one name. */
const MAX_TUNNELS = 4;

/**
 * The problem of a proxy URL, as text that follows the name of the setting, or null. It repeats no part of the URL,
 * which may contain a password.
 */
export function egressProxyProblem(value: unknown): string | null {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  const isProxy =
    url && ['http:', 'https:'].includes(url.protocol) && url.pathname === '/' && url.search === '' && url.hash === '';
  if (!isProxy || !canDecode(url.username) || !canDecode(url.password))
    return 'must be the http or https URL of a proxy, such as http://user:password@proxy.example.com:3128.';
  return null;
}

/**
 * Opens connections through an HTTP proxy (CONNECT), for http and https destinations alike. TLS ends at the destination
 * itself. The operator chooses the proxy, so the guard does not check its address.
 */
export class EgressProxy {
  private readonly host: string;
  private readonly port: number;
  private readonly isSecure: boolean;
  private readonly authorization: string | null;
  /** The name of the proxy in messages. */
  private readonly label: string;

  /**
   * @param url a URL that `egressProxyProblem` accepts
   * @param resolveName resolves the name of the proxy itself
   */
  constructor(
    url: string,
    private readonly target: EgressProxyTarget,
    private readonly trust: TlsTrust,
    private readonly resolveName: Resolve = systemResolve,
  ) {
    const { hostname, port, protocol, username, password } = new URL(url);
    this.host = hostname.replace(/^\[(.*)\]$/, '$1');
    this.isSecure = protocol === 'https:';
    this.port = Number(port || (this.isSecure ? 443 : 80));
    this.label = `the egress proxy ${hostname}:${this.port}`;
    const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`, 'utf8');
    this.authorization = username === '' && password === '' ? null : `Basic ${credentials.toString('base64')}`;
  }

  /**
   * Opens a connection to a port of a host through the proxy.
   * @param host without brackets
   * @throws BlockedAddressError, NameResolutionError, EgressProxyError
   */
  async connect(guard: AddressGuard, host: string, port: number, timeoutMs: number): Promise<Socket> {
    const targets = await this.targetsOf(guard, host, port);
    const deadline = performance.now() + timeoutMs;
    for (let index = 0; ; index++) {
      try {
        return await this.tunnel(targets[index] as string, deadline);
      } catch (error) {
        const mayOtherWork = (error as EgressProxyError).code === 'proxy_failed' && index + 1 < targets.length;
        if (!mayOtherWork) throw error;
      }
    }
  }

  /**
   * By default the proxy gets the checked address. With a name it would ask the DNS again, and the owner of the name
   * could answer with an address inside the proxy's network.
   */
  private async targetsOf(guard: AddressGuard, host: string, port: number): Promise<string[]> {
    if (this.target === 'name') {
      await guard.admitForwarded(host, port);
      return [authority(host, port)];
    }
    const addresses = await guard.admit(host, port);
    // More proxies reach IPv4 than IPv6.
    const byFamily = [...addresses].sort((a, b) => a.family - b.family);
    return byFamily.slice(0, MAX_TUNNELS).map(({ address }) => authority(address, port));
  }

  private async tunnel(target: string, deadline: number): Promise<Socket> {
    const socket = await this.reach(deadline);
    const status = await this.ask(socket, target, deadline).catch((error: Error) => {
      socket.destroy();
      throw error;
    });
    if (status >= 200 && status < 300) return socket;
    socket.destroy();
    if (status === 407)
      throw new EgressProxyError('proxy_authentication', `${this.label} asks for another user or password (407)`);
    const code = status >= 500 ? 'proxy_failed' : 'proxy_refused';
    throw new EgressProxyError(code, `${this.label} answered ${status} to CONNECT ${target}`);
  }

  private async reach(deadline: number): Promise<Socket> {
    const left = (): number => Math.max(1, deadline - performance.now());
    try {
      const addresses = await this.resolveName(this.host);
      const plain = await connectToAny(addresses, this.port, left());
      if (!this.isSecure) return plain;
      return await secured(plain, this.host, this.trust.contextOf(null), left());
    } catch (error) {
      const { code = 'failed' } = error as NodeJS.ErrnoException;
      if (code === 'connect_timeout') throw this.late();
      throw new EgressProxyError('proxy_unreachable', `${this.label} cannot be reached (${code})`);
    }
  }

  /** The status with which the proxy answers CONNECT. */
  private ask(socket: Socket, target: string, deadline: number): Promise<number> {
    return new Promise((done, fail) => {
      const asking = request({
        method: 'CONNECT',
        path: target,
        headers: [
          ...['Host', target, 'Connection', 'keep-alive'],
          ...(this.authorization === null ? [] : ['Proxy-Authorization', this.authorization]),
        ],
        createConnection: () => socket,
      });
      const timer = setTimeout(
        () => {
          fail(this.late());
          asking.destroy();
        },
        Math.max(1, deadline - performance.now()),
      );
      asking.once('connect', ({ statusCode = 0 }, _socket, head) => {
        clearTimeout(timer);
        if (head.length > 0) socket.unshift(head);
        done(statusCode);
      });
      asking.on('error', (error: NodeJS.ErrnoException) => {
        clearTimeout(timer);
        const why = error.code ?? 'failed';
        fail(new EgressProxyError('proxy_failed', `${this.label} did not answer CONNECT ${target} (${why})`));
      });
      asking.end();
    });
  }

  private late(): EgressProxyError {
    return new EgressProxyError('proxy_timeout', `${this.label} opened no connection within 10 s`);
  }
}

function authority(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function canDecode(text: string): boolean {
  try {
    return decodeURIComponent(text).length >= 0;
  } catch {
    return false;
  }
}
