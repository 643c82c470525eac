import setupDatabase from '../../../embedded-database/src/testing/jest-global-setup';
import { SharedBrowser } from './shared-browser';

/** The database that every project has, and a browser for the tests that ask for one. */
export default async function setup(): Promise<void> {
  await setupDatabase();
  const browser = await SharedBrowser.offer();
  process.env['PAGGIO_TEST_BROWSER_URL'] = browser.url;
  (globalThis as { stopTestBrowser?: () => Promise<void> }).stopTestBrowser = () => browser.stop();
}
