import { failuresOf, runLedger } from './testing/ledger-run';

test('nothing is lost in the quick mode of the ledger', async () => {
  const run = await runLedger(['--quick', '--at-once=2']);
  for (const [name, result] of Object.entries(run.scenarios))
    if ('skipped' in result) process.stderr.write(`\nNOT TESTED: scenario ${name} of the ledger: ${result.skipped}\n`);
  expect([failuresOf(run), run.code]).toEqual([[], 0]);
  expect(Object.keys(run.scenarios).length).toBeGreaterThan(20);
  for (const result of Object.values(run.scenarios))
    if (!('skipped' in result)) expect(result).toMatchObject({ lost: 0, phantom: 0 });
}, 3_600_000);
