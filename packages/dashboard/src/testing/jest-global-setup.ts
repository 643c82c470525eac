import setupDatabase from '../../../embedded-database/src/testing/jest-global-setup';
import { findBrowser } from './find-browser';
import { offerBrowser } from './shared-browser';

/** Starts the database that every project has, and offers a browser to the tests that need one. */
export default async function setup(): Promise<void> {
  await setupDatabase();
  const executable = findBrowser();
  if (executable === null) return;
  const browser = await offerBrowser(executable);
  process.env['PAGGIO_TEST_BROWSER_URL'] = browser.url;
  // The cost report at the end of the run needs it.
  process.env['PAGGIO_TEST_BROWSER_PID'] = String(browser.pid);
  (globalThis as { stopTestBrowser?: () => Promise<void> }).stopTestBrowser = () => browser.stop();
}
