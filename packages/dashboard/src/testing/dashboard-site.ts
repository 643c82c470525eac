import type { IncomingMessage } from 'node:http';
import type { Paggio, PaggioOptions } from '@paggio/core';
import { Recorder } from '@paggio/core/testing';
import type { HostAccessOptions } from '@paggio/http';
import { startGatewayServer, type GatewayServer } from '@paggio/http/testing';
import axios, { type AxiosInstance } from 'axios';
import type { BrowserContextOptions } from 'playwright-core';
import { Visitor } from './visitor';

export interface DashboardSite {
  server: GatewayServer;
  paggio: Paggio;
  /** The base URL, including the mount path. */
  url: string;
  api: AxiosInstance;
  recorder: Recorder;
  /** Opens the dashboard in a browser, signed in by a link. */
  visit(options?: BrowserContextOptions): Promise<Visitor>;
  stop(): Promise<void>;
}

/** Starts a gateway with its dashboard, mounted as in a host app, and a destination that records requests. */
export async function startDashboard(
  options: Partial<PaggioOptions> = {},
  path = '/hooks',
  access: HostAccessOptions<IncomingMessage> = {},
): Promise<DashboardSite> {
  const server = await startGatewayServer(options, { dashboard: true, path, ...access });
  const recorder = await Recorder.start();
  const origin = `http://127.0.0.1:${server.port}`;
  const url = origin + path;
  const visitors: Visitor[] = [];
  return {
    server,
    paggio: server.paggio,
    url,
    api: axios.create({
      baseURL: `${url}/api/v1`,
      headers: { authorization: `Bearer ${server.key}` },
      validateStatus: () => true,
    }),
    recorder,
    async visit(browserOptions) {
      const visitor = await Visitor.come(origin, browserOptions);
      visitors.push(visitor);
      await visitor.page.goto(await server.signInLink());
      await visitor.page.getByRole('heading', { name: 'Overview' }).waitFor();
      return visitor;
    },
    async stop() {
      for (const visitor of visitors) await visitor.leave();
      await recorder.stop();
      await server.stop();
      const wrong = visitors.flatMap((visitor) => visitor.wrong);
      expect({ wrong, faults: server.faults }).toEqual({ wrong: [], faults: [] });
    },
  };
}

/** Creates an endpoint through the API. */
export async function newEndpoint(
  { api }: DashboardSite,
  input: Record<string, unknown>,
): Promise<{ id: string; webhook_url: string; name: string }> {
  const { data, status } = await api.post('/endpoints', input);
  if (status !== 201) throw new Error(JSON.stringify(data));
  return data;
}

/** Sends a request as a provider would. Returns the id of its event. */
export async function send(
  { webhook_url: url }: { webhook_url: string },
  body: string | Buffer,
  headers: Record<string, string> = { 'content-type': 'application/json' },
): Promise<string> {
  const answer = await axios.post(url, body, { headers, transformRequest: (data: unknown) => data });
  return answer.headers['paggio-event-id'] as string;
}
