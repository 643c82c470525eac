import { LedgerFile } from '../ledger-file';
import type { SenderWord } from './send-order';
import { SendRun } from './send-run';

// A process of its own that nobody kills, so its file has everything that the gateway has promised.
async function main(path: string): Promise<void> {
  const ledger = await LedgerFile.create(path);
  let run: SendRun | undefined;
  process.on('message', (word: SenderWord) => {
    if (word === 'stop') run?.stop();
    else if (word === 'report') process.send?.({ report: run?.report() });
    else {
      const started = new SendRun(word.start, ledger);
      run = started;
      void started.run().then(() => process.send?.({ done: started.report() }));
    }
  });
  process.on('disconnect', () => process.exit());
  process.send?.('ready');
}

void main(process.argv[2] as string);
