import { randomInt } from 'node:crypto';
import { failuresOf, runLedger } from './testing/ledger-run';

test('nothing is lost in the brief mode of the ledger [CRA-01, CRA-02, CRA-13]', async () => {
  // The seed chooses the steps at which processes die. A run with the same seed repeats them.
  const seed = randomInt(1_000_000);
  const names = ['failpoints', 'kills', 'disk'];
  const run = await runLedger(['--brief', `--seed=${seed}`, ...names]);
  expect([seed, failuresOf(run), run.code]).toEqual([seed, [], 0]);
  expect(Object.keys(run.scenarios).sort()).toEqual([...names].sort());
  for (const result of Object.values(run.scenarios)) {
    if ('skipped' in result) continue;
    expect(result).toMatchObject({ lost: 0, phantom: 0 });
    expect(result.acknowledged).toBeGreaterThan(20);
  }
  expect(run.output).toContain('0 lost, 0 phantom');
}, 400_000);

test('an unknown scenario is named, with the known ones', async () => {
  expect(await runLedger(['kill'])).toMatchObject({
    code: 2,
    output: expect.stringContaining('failpoints, kills'),
  });
});
