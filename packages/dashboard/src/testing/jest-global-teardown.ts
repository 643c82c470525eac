import stopDatabase from '../../../embedded-database/src/testing/jest-global-teardown';

export default async function teardown(): Promise<void> {
  await (globalThis as { stopTestBrowser?: () => Promise<void> }).stopTestBrowser?.();
  await stopDatabase();
}
