import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Only adds: the version before still opens and finds sessions, and its rows get an id too. */
export class SessionList1764900000013 implements MigrationInterface {
  name = 'SessionList1764900000013';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index paggio.sessions_by_id, paggio.sessions_by_user, paggio.sessions_by_key');
    await runner.query('alter table paggio.sessions drop column id, drop column remote_addr, drop column user_agent');
  }
}

const MS = `lpad(to_hex(floor(extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0')`;
/** A UUID version 7, so that sessions of either version are listed in the order in which they were opened. */
const NEW_ID = `(substr(${MS}, 1, 8) || '-' || substr(${MS}, 9, 4) || '-7' || substr(gen_random_uuid()::text, 16))::uuid`;

const statements = [
  // People name a session by its id, because the hash of its token is never shown.
  `alter table paggio.sessions
     add column id uuid not null default ${NEW_ID},
     add column remote_addr text,
     add column user_agent text`,
  `create unique index sessions_by_id on paggio.sessions (id)`,
  `create index sessions_by_user on paggio.sessions (user_id, id)`,
  `create index sessions_by_key on paggio.sessions (key_id, id)`,
];
