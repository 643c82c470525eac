import { randomInt } from 'node:crypto';
import { readArguments } from './arguments';
import { failuresOf, runLedger } from './testing/ledger-run';

/** How many messages each scenario acknowledges at least. A death in the middle of large requests has only four. */
const ACKNOWLEDGED: Readonly<Record<string, number>> = { failpoints: 4, kills: 21, disk: 21 };

test('nothing is lost in the brief mode of the ledger [CRA-01, CRA-02, CRA-13]', async () => {
  // The seed chooses the step at which a process dies. A run with the same seed repeats it.
  const seed = randomInt(1_000_000);
  const names = Object.keys(ACKNOWLEDGED);
  const run = await runLedger(['--brief', `--seed=${seed}`, ...names]);
  expect([seed, failuresOf(run), run.code]).toEqual([seed, [], 0]);
  expect(Object.keys(run.scenarios).sort()).toEqual([...names].sort());
  for (const [name, result] of Object.entries(run.scenarios)) {
    if ('skipped' in result) continue;
    expect(result).toMatchObject({ lost: 0, phantom: 0 });
    expect(result.acknowledged).toBeGreaterThanOrEqual(ACKNOWLEDGED[name] as number);
  }
  expect(run.output).toContain('0 lost, 0 phantom');
}, 400_000);

test('an unknown scenario is named, with the known ones', async () => {
  expect(() => readArguments(['kills', 'kill'], ['failpoints', 'kills'])).toThrow(
    'There is no scenario "kill". There are: failpoints, kills.',
  );
  expect(readArguments(['kills'], ['failpoints', 'kills'])).toMatchObject({ names: ['kills'] });
  // A process loads all scenarios, only to end.
  if (!process.env['PAGGIO_FULL']) return;
  expect(await runLedger(['kill'])).toMatchObject({
    code: 2,
    output: expect.stringContaining('failpoints, kills'),
  });
});
