import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { alone } from '@paggio/embedded-database/testing';
import axios from 'axios';
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';
import { findBrowser } from './find-browser';

// A browser and a server beside other suites on two cores.
jest.setTimeout(120_000);

const shots = join(__dirname, '../../dist/screenshots');

/** Suites that need a browser: without one they are skipped, and say so. */
export const withBrowser: typeof describe = (() => {
  if (findBrowser() !== null) return describe;
  process.stderr.write(
    '\n*** SKIPPED: tests of the dashboard in a browser. No browser of the Chromium family was found here.\n' +
      '*** npm run browser:install installs one; PAGGIO_BROWSER names one that is elsewhere.\n\n',
  );
  return describe.skip;
})();

let connection: Promise<Browser> | undefined;

/** The browser of the run. What a test file makes in it ends with the connection of the file. */
function browser(): Promise<Browser> {
  return (connection ??= axios
    .get<string>(process.env['PAGGIO_TEST_BROWSER_URL'] as string)
    .then(({ data }) => chromium.connect(data)));
}

afterAll(async () => (await connection)?.close());

// Runs before anything of the page, and outside of its policy.
const WATCH = `
  document.addEventListener('securitypolicyviolation', (event) =>
    window.__report('policy: ' + event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample));
`;

/** A person with a browser, who notices everything that must not happen. */
export class Visitor {
  /** Violations of the policy, exceptions, requests to other hosts. */
  readonly wrong: string[] = [];

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
      // A row that fades in is painted sixty times a second.
      reducedMotion: 'reduce',
      ...options,
    });
    context.setDefaultTimeout(20_000);
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin });
    const visitor = new Visitor(context, await context.newPage(), origin);
    await visitor.watch(visitor.page);
    return visitor;
  }

  /** Goes on at another site, or at the same one as somebody who was never there. A new context costs over a second of CPU. */
  async startAnew(origin: string): Promise<void> {
    await this.page.goto('about:blank');
    await this.context.clearCookies();
    this.origin = origin;
  }

  /** Another tab of the same browser. */
  async tab(): Promise<Page> {
    const page = await this.context.newPage();
    await this.watch(page);
    return page;
  }

  /** Goes to a page of the dashboard as a link in it does: nothing is loaded anew. */
  async follow(url: string): Promise<void> {
    await this.page.evaluate(`history.pushState(null, '', ${JSON.stringify(url)})`);
  }

  /** What `copy` puts into the clipboard, of which the browser has one for all test files. */
  copied(copy: () => Promise<unknown>): Promise<string> {
    return alone('clipboard', async () => {
      await copy();
      return this.page.evaluate<string>('navigator.clipboard.readText()');
    });
  }

  /** Keeps a picture for people to look at. */
  async shoot(name: string): Promise<void> {
    mkdirSync(shots, { recursive: true });
    await this.page.screenshot({ path: join(shots, `${name}.png`) });
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
      // Refused requests are part of some tests, and the browser notes each.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        this.wrong.push(`console: ${message.text()}`);
    });
    page.on('request', (request) => {
      if (new URL(request.url()).origin !== this.origin) this.wrong.push(`request: ${request.url()}`);
    });
  }
}
