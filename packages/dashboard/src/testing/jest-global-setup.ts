import setupDatabase from '../../../embedded-database/src/testing/jest-global-setup';
import { findBrowser } from './find-browser';
import { offerBrowser } from './shared-browser';

/** The database that every project has, and a browser for the tests that ask for one. */
export default async function setup(): Promise<void> {
  await setupDatabase();
  const executable = findBrowser();
  if (executable === null) return;
  const browser = await offerBrowser(executable);
  process.env['PAGGIO_TEST_BROWSER_URL'] = browser.url;
  // For what the run prints at its end.
  process.env['PAGGIO_TEST_BROWSER_PID'] = String(browser.pid);
  (globalThis as { stopTestBrowser?: () => Promise<void> }).stopTestBrowser = () => browser.stop();
}
