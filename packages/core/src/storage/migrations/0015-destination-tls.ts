import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Adds a column that older code ignores. Its attempts show no client certificate, fail, and are tried again. */
export class DestinationTls1765100000015 implements MigrationInterface {
  name = 'DestinationTls1765100000015';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table paggio.destinations add tls text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table paggio.destinations drop tls');
  }
}
