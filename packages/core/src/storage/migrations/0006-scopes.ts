import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Only adds: the version before ignores the index, and a scope that it does not know grants nothing there. */
export class Scopes1764200000006 implements MigrationInterface {
  name = 'Scopes1764200000006';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index paggio.api_keys_in_use');
    await runner.query(`update paggio.api_keys set scopes = array_remove(scopes, 'operator')`);
  }
}

const statements = [
  // The keys of all users, newest first, as an operator lists them.
  `create index api_keys_in_use on paggio.api_keys (id) where revoked_at is null`,

  // Until now the scope admin included what operator allows from here on. The operator of a reference server keeps
  // these rights, and nobody else gets them. A reference server is recognised by its first run: its user "operator"
  // began with a live key named "first run" that had every scope of that time and that no request made. An app may have
  // a user called "operator" too, but keys of such a user come from requests, which the audit log records with a key or
  // an address.
  `update paggio.api_keys set scopes = array_append(scopes, 'operator')
   where user_id = 'operator' and mode = 'live' and revoked_at is null
     and 'admin' = any (scopes) and not 'operator' = any (scopes)
     and exists (
       select from paggio.api_keys f
       where f.user_id = 'operator' and f.mode = 'live' and f.name = 'first run'
         and f.scopes @> array['read', 'write', 'ingest', 'admin']
         and not exists (select from paggio.api_keys e where e.user_id = 'operator' and e.created_at < f.created_at)
         and not exists (
           select from paggio.audit a
           where a.object_id = f.id and a.action = 'key.created' and (a.key_id is not null or a.remote_addr is not null)
         )
     )`,
];
