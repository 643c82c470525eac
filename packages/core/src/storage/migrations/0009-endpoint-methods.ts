import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Adds two columns whose defaults mean what every endpoint did before, so that older code still works on this one. */
export class EndpointMethods1764500000009 implements MigrationInterface {
  name = 'EndpointMethods1764500000009';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table paggio.endpoints drop methods, drop forward_identity_headers');
  }
}

const statements = [
  // Methods that an endpoint accepts; null means all.
  `alter table paggio.endpoints add methods text[],
     add forward_identity_headers boolean not null default false`,
];
