import axios, { type AxiosInstance, type AxiosResponse } from 'axios';
import type { GatewayServer } from './gateway-server';

/**
 * Does what a browser does with the dashboard's session: it keeps the cookie, and says which site a request comes from.
 */
export class DashboardBrowser {
  cookie: string | undefined;
  private readonly http: AxiosInstance;

  constructor(
    { port }: Pick<GatewayServer, 'port'>,
    private readonly headers: Record<string, string> = {},
  ) {
    const origin = `http://127.0.0.1:${port}`;
    this.http = axios.create({
      baseURL: origin,
      validateStatus: () => true,
      maxRedirects: 0,
      headers: { origin, 'sec-fetch-site': 'same-origin' },
    });
  }

  async request(
    method: string,
    path: string,
    data?: unknown,
    headers: Record<string, string> = {},
  ): Promise<AxiosResponse> {
    const cookie = this.cookie === undefined ? {} : { cookie: this.cookie };
    const answer = await this.http.request({
      method,
      url: path,
      data,
      headers: { ...this.headers, ...cookie, ...headers },
    });
    const [set] = answer.headers['set-cookie'] ?? [];
    if (set !== undefined) this.cookie = set.includes('Max-Age=0') ? undefined : set.split(';')[0];
    return answer;
  }

  get(path: string): Promise<AxiosResponse> {
    return this.request('GET', path);
  }

  /** Signs in. Returns the status of the answer. */
  async signIn(key: string): Promise<number> {
    return (await this.request('POST', '/dashboard/session', { key })).status;
  }

  /** Whether the session is known to the server. */
  async isSignedIn(): Promise<boolean> {
    return (await this.get('/dashboard/session')).status === 200;
  }
}
