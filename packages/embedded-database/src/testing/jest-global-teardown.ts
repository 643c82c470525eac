const run = globalThis as { stopTestDatabase?: () => Promise<void> };

export default async function teardown(): Promise<void> {
  const stop = run.stopTestDatabase;
  delete run.stopTestDatabase;
  await stop?.();
}
