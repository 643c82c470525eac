import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from '../scenario';
import { folder } from '../world';
import { underLoad } from './under-load';

/** The errors with which statements fail. */
const CODES = { deadlock: '40P01', serialization: '40001', 'lock timeout': '55P03', 'statement timeout': '57014' };
const TABLES = ['events', 'deliveries', 'attempts', 'event_index'];
/** The chance that a statement that writes to one of these tables fails. */
const CHANCE = 0.15;

/** Acceptance case CRA-15: statements fail with temporary errors. */
export const conflicts: Scenario = {
  name: 'conflicts',
  title: 'Statements end with deadlocks, serialization failures and timeouts',
  async run(context) {
    const seconds = context.quick ? 6 : 120;
    return underLoad(context, folder(context.directory, 'conflicts'), {
      tried: 'statements that came to nothing',
      world: { sizes: 'mixed', endpoints: [{ profile: 'plain' }, { profile: 'rough' }] },
      gateways: [['capture', 'deliver', 'api'], ['deliver']],
      // No result is in doubt: a statement that failed has written nothing.
      duplicatesAllowed: 0,
      async disturb({ world }) {
        await world.installation.rows(CONFLICTS);
        // One table at a time: with locks on several tables, the ledger itself would cause a deadlock.
        for (const table of TABLES) await world.installation.rows(trigger(table));
        await sleep(seconds * 1000);
        await world.installation.rows(NO_CONFLICTS);
        const [row] = await world.installation.rows<{ count: number }>(
          'select last_value::int as count from paggio.conflicts',
        );
        return { times: row?.count ?? 0, figures: { codes: Object.values(CODES).join(', ') } };
      },
    });
  },
};

/** A sequence also counts statements that were rolled back. */
const CONFLICTS = `
  create sequence paggio.conflicts;
  create function paggio.conflict() returns trigger language plpgsql as $$ begin
    if random() < ${CHANCE} then
      perform nextval('paggio.conflicts');
      raise exception 'the ledger lets this come to nothing'
        using errcode = (array['${Object.values(CODES).join("','")}'])[1 + floor(random() * ${Object.values(CODES).length})::int];
    end if;
    return null;
  end $$`;

const NO_CONFLICTS = `
  create or replace function paggio.conflict() returns trigger language plpgsql as $$ begin return null; end $$`;

function trigger(table: string): string {
  return `create trigger conflict before insert or update on paggio.${table}
    for each statement execute function paggio.conflict()`;
}
