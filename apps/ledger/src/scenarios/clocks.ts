import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from '../scenario';
import { random } from '../seed';
import { folder } from '../world';
import { underLoad } from './under-load';

const HOUR_MS = 3_600_000;
const SET_ZONE = `do $$ begin execute format('alter database %I set timezone = ''Australia/Lord_Howe''', current_database()); end $$`;
/** Ends all connections, because a connection takes the time zone of its database when it is made. */
const END_ALL = `select pg_terminate_backend(pid) from pg_stat_activity
  where datname = current_database() and application_name like 'paggio %'`;

/** Acceptance cases CRA-16 and CRA-17: the clocks of the processes are wrong and jump, and their time zones differ. */
export const clocks: Scenario = {
  name: 'clocks',
  title: 'The clocks of processes jump by an hour, forwards and backwards',
  async run(context) {
    const next = random(context.seed + 3);
    const jumps = context.quick ? 8 : 60;
    return underLoad(context, folder(context.directory, 'clocks'), {
      tried: 'jumps',
      instrumented: true,
      // One with daylight saving time, one far from UTC, and one with an odd offset.
      timezones: ['America/New_York', 'Pacific/Kiritimati', 'Asia/Kathmandu'],
      gateways: [['capture', 'deliver', 'api'], ['deliver'], ['capture', 'api']],
      world: { endpoints: [{ profile: 'plain' }, { profile: 'rough' }] },
      // No process ends, so there is no reason for a duplicate.
      duplicatesAllowed: 0,
      async disturb({ gateways, world }) {
        await world.installation.rows(SET_ZONE);
        await world.installation.rows(END_ALL);
        for (let jump = 0; jump < jumps; jump++) {
          const gateway = gateways[Math.floor(next() * gateways.length)];
          gateway?.stepClock([-HOUR_MS, -300_000, 0, 300_000, HOUR_MS][Math.floor(next() * 5)] as number);
          await sleep(500);
        }
        return { times: jumps };
      },
    });
  },
};
