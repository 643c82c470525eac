import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Most deliveries are accepted at their first attempt. That attempt is stored in the row of the delivery, which is
 * written anyway. `all_attempts` has these and the rows of `attempts`. The version before does not show them: it reads
 * `attempts` only.
 */
export class FirstAttempts1765300000017 implements MigrationInterface {
  name = 'FirstAttempts1765300000017';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`insert into paggio.attempts (${COLUMNS}) ${FIRST}`);
    await runner.query('drop view paggio.all_attempts');
    await runner.query(
      `alter table paggio.deliveries drop column attempt_id, drop column attempted_at, drop column attempt_url,
         drop column response_headers, drop column response_body, drop column response_truncated`,
    );
  }
}

const COLUMNS = `id, event_id, destination_id, number, trigger, url, status, response_status, response_headers,
  response_body, response_truncated, latency_ms, error, reason, created_at`;

// A settlement stores an attempt in the delivery only if it was accepted and nothing else is to be said about it.
const FIRST = `
  select attempt_id, event_id, destination_id, 1, 'scheduled', attempt_url, 'delivered', response_status, response_headers,
    response_body, response_truncated, latency_ms, null::text, '2xx', attempted_at
  from paggio.deliveries where attempt_id is not null`;

const statements = [
  `alter table paggio.deliveries
     add column attempt_id uuid,
     add column attempted_at timestamptz,
     add column attempt_url text,
     add column response_headers text,
     add column response_body bytea,
     add column response_truncated boolean`,
  `create view paggio.all_attempts (${COLUMNS}) as select ${COLUMNS} from paggio.attempts union all ${FIRST}`,
];
