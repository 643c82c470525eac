import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { alone } from '@paggio/embedded-database/testing';
import axios from 'axios';
import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type CDPSession,
  type Page,
} from 'playwright-core';
import { findBrowser } from './find-browser';

// A browser and a server share two cores with other suites.
jest.setTimeout(120_000);

const shots = join(__dirname, '../../dist/screenshots');

/** `describe` for suites that need a browser. Without one it skips them and prints a message. */
export const withBrowser: typeof describe = (() => {
  if (findBrowser() !== null) return describe;
  process.stderr.write(
    '\n*** SKIPPED: tests of the dashboard in a browser. No browser of the Chromium family was found here.\n' +
      '*** npm run browser:install installs one; PAGGIO_BROWSER names one that is elsewhere.\n\n',
  );
  return describe.skip;
})();

let connection: Promise<Browser> | undefined;

/** The browser of the run. Everything that a test file opens in it closes with the file's connection. */
function browser(): Promise<Browser> {
  return (connection ??= axios
    .get<string>(process.env['PAGGIO_TEST_BROWSER_URL'] as string)
    .then(({ data }) => chromium.connect(data)));
}

afterAll(async () => (await connection)?.close());

// Runs before the page's own scripts, and outside its policy.
const WATCH = `
  document.addEventListener('securitypolicyviolation', (event) =>
    window.__report('policy: ' + event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample));
`;

/** A person with a browser who records everything that must not happen. */
export class Visitor {
  /** Violations of the policy, exceptions, requests to other hosts. */
  readonly wrong: string[] = [];
  private debug: CDPSession | undefined;

  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    private origin: string,
  ) {}

  static async come(origin: string, options: BrowserContextOptions = {}): Promise<Visitor> {
    const context = await (
      await browser()
    ).newContext({
      baseURL: origin,
      viewport: { width: 1360, height: 860 },
      colorScheme: 'dark',
      // Without this, a row that fades in is painted sixty times a second.
      reducedMotion: 'reduce',
      ...options,
    });
    context.setDefaultTimeout(20_000);
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin });
    const visitor = new Visitor(context, await context.newPage(), origin);
    await visitor.watch(visitor.page);
    return visitor;
  }

  /**
   * Continues at another site, or at the same site as a new person. It avoids a new context, which costs over a second
   * of CPU.
   */
  async startAnew(origin: string): Promise<void> {
    await this.page.goto('about:blank');
    await this.context.clearCookies();
    this.origin = origin;
  }

  /** Opens another tab in the same browser. */
  async tab(): Promise<Page> {
    const page = await this.context.newPage();
    await this.watch(page);
    return page;
  }

  /** Goes to a page of the dashboard as its links do, without reloading. */
  async follow(url: string): Promise<void> {
    await this.page.evaluate(`history.pushState(null, '', ${JSON.stringify(url)})`);
  }

  /** Returns what `copy` puts into the clipboard. All test files share it, so they take turns. */
  copied(copy: () => Promise<unknown>): Promise<string> {
    return alone('clipboard', async () => {
      await copy();
      return this.page.evaluate<string>('navigator.clipboard.readText()');
    });
  }

  /** Saves a screenshot. By the debugger, because Playwright's own costs twice the CPU time. */
  async shoot(name: string): Promise<void> {
    this.debug ??= await this.context.newCDPSession(this.page);
    const { data } = await this.debug.send('Page.captureScreenshot', { format: 'png', optimizeForSpeed: true });
    mkdirSync(shots, { recursive: true });
    writeFileSync(join(shots, `${name}.png`), data, 'base64');
  }

  async leave(): Promise<void> {
    await this.context.close();
  }

  private async watch(page: Page): Promise<void> {
    await page.exposeFunction('__report', (what: string) => void this.wrong.push(what));
    await page.addInitScript(WATCH);
    page.on('pageerror', (error) => this.wrong.push(`exception: ${error.message}`));
    page.on('dialog', (dialog) => {
      this.wrong.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('console', (message) => {
      // Some tests expect rejected requests, and the browser logs each of them.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        this.wrong.push(`console: ${message.text()}`);
    });
    page.on('request', (request) => {
      if (new URL(request.url()).origin !== this.origin) this.wrong.push(`request: ${request.url()}`);
    });
  }
}
