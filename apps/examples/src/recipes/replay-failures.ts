import { setTimeout as sleep } from 'node:timers/promises';
import { unwrap, type PaggioClient } from '@paggio/client';

const DAY_MS = 86_400_000;

/** Replays every event that was received on the day before `now` (UTC) and failed. Returns how many were delivered. */
export async function replayYesterday(paggio: PaggioClient, now = new Date()): Promise<number> {
  const today = Math.floor(now.getTime() / DAY_MS) * DAY_MS;
  const filter = {
    status: 'failed',
    since: new Date(today - DAY_MS).toISOString(),
    until: new Date(today).toISOString(),
  } as const;

  // Count first: a dry run replays nothing.
  const { matched } = unwrap(await paggio.replays.create({ filter, dry_run: true }));
  console.log(`${matched} events failed yesterday`);

  const { id } = unwrap(await paggio.replays.create({ filter, rate_per_second: 20 }));
  for (;;) {
    const replay = unwrap(await paggio.replays.get(id!));
    if (replay.status !== 'running') return replay.done;
    await sleep(200);
  }
}
