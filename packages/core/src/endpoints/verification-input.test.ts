import { verificationConfig } from './verification-input';

test('a tolerance longer than the de-duplication window is refused, because repeated requests would pass', () => {
  const ask = (tolerance: number, windowMs: number): unknown =>
    verificationConfig(
      { provider: 'zoom', secrets: ['s'], settings: { tolerance_seconds: tolerance } },
      null,
      windowMs,
    );
  expect(ask(86_400, 72 * 3_600_000)).toMatchObject({ settings: { tolerance_seconds: 86_400 } });
  expect(ask(3_600, 3_600_000)).toMatchObject({ settings: { tolerance_seconds: 3_600 } });
  expect(ask(3_601, 3_600_000)).toEqual([
    { field: 'verification.settings.tolerance_seconds', message: expect.stringContaining('3600 s here') },
  ]);
});
