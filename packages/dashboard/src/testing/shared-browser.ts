import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { findBrowser } from './find-browser';

const flags = ['--disable-gpu', '--disable-quic', '--process-per-site'];

/**
 * One browser for all test files of a run. It is started when the first of them asks, because most runs of a few files
 * need none.
 */
export class SharedBrowser {
  private browser: Promise<ChildProcess> | undefined;
  private address = '';

  private constructor(
    private readonly server: Server,
    /** Answers with the address of the browser. */
    readonly url: string,
  ) {}

  static async offer(): Promise<SharedBrowser> {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    // Others on this machine must not use the browser.
    const path = `/${randomBytes(16).toString('hex')}`;
    const shared = new SharedBrowser(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
    server.on('request', (request, response) => {
      if (request.url !== path) return void response.writeHead(404).end();
      shared.started().then(
        () => response.end(shared.address),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
    });
    server.unref();
    return shared;
  }

  private started(): Promise<ChildProcess> {
    return (this.browser ??= this.start());
  }

  private async start(): Promise<ChildProcess> {
    const program = join(__dirname, 'browser-server.mjs');
    const browser = spawn(process.execPath, [program, findBrowser() as string, ...flags], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    // For what the run prints at its end.
    process.env['PAGGIO_TEST_BROWSER_PID'] = String(browser.pid);
    const lines = createInterface({ input: browser.stdout });
    const failed = once(browser, 'exit').then(() => Promise.reject(new Error('The browser has ended at its start.')));
    [this.address] = (await Promise.race([once(lines, 'line'), failed])) as [string];
    // A run that is over does not wait for it.
    failed.catch(() => undefined);
    return browser;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    const browser = await this.browser?.catch(() => undefined);
    if (!browser || browser.exitCode !== null) return;
    browser.stdin?.end();
    await once(browser, 'exit');
  }
}
