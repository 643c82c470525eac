-- Makes the role as which Paggio connects. It owns the schema `paggio` of this database and has no other right. Whatever an
-- earlier role owns in that schema goes to the new role. Safe to run again, and while Paggio runs. PostgreSQL 14 or newer.
--
--   psql "$ADMIN_URL" -v ON_ERROR_STOP=1 \
--     -c "set paggio.role = 'paggio_app'; set paggio.password = '...'" -f scripts/database-role.sql
--
-- ADMIN_URL is the URL of Paggio's database, with a user that is a superuser, or that may make roles and owns the database
-- and everything in the schema.
begin;
-- A running server waits for its tables no longer than this. If the script fails because of it, run it again.
set local lock_timeout = '10s';

do $$
declare
  app text := current_setting('paggio.role');
  password text := current_setting('paggio.password');
  held record;
begin
  if app = '' or password = '' then
    raise exception 'paggio.role and paggio.password must not be empty';
  end if;
  if app = current_user then
    raise exception 'The role % runs this script itself: choose another name for the role of Paggio', app;
  end if;
  select * into held from pg_roles where rolname = app;
  if not found then
    execute format('create role %I', app);
  elsif held.rolsuper or held.rolbypassrls or held.rolcreaterole or held.rolcreatedb or held.rolreplication then
    raise exception 'The role % has rights that Paggio does not need', app
      using hint = format('Take them away (alter role %I nosuperuser nobypassrls nocreaterole nocreatedb noreplication), or choose another name.', app);
  end if;
  -- A failing statement is logged with its text, which contains the password. A superuser can switch that off.
  if (select rolsuper from pg_roles where rolname = current_user) then
    set local log_min_error_statement = panic;
  else
    -- To give something to a role, a user that is not a superuser must be a member of it.
    execute format('grant %I to current_user', app);
  end if;
  execute format('alter role %I login password %L', app, password);
  execute format('grant connect on database %I to %I', current_database(), app);
end $$;

do $$
declare
  app text := current_setting('paggio.role');
  mine oid := (select oid from pg_roles where rolname = current_setting('paggio.role'));
  moved record;
begin
  if to_regnamespace('paggio') is null then
    execute format('create schema paggio authorization %I', app);
    return;
  end if;
  -- This comes before the tables: to own a table, a role must be allowed to create in its schema.
  if (select nspowner from pg_namespace where nspname = 'paggio') <> mine then
    -- PostgreSQL demands this right unless a superuser gives the schema away.
    execute format('grant create on database %I to %I', current_database(), app);
    execute format('alter schema paggio owner to %I', app);
    execute format('revoke create on database %I from %I', current_database(), app);
  end if;
  -- A running server may hold one table and wait for another that this script holds. PostgreSQL then ends one of the two. If
  -- it ends this one, the tables that are held so far are released, and all of them are tried again.
  for attempt in 1 .. 20 loop
    begin
      -- Paggio makes tables, views and sequences. Indexes and the sequences of columns move with their table.
      for moved in
        select c.relname, case c.relkind when 'S' then 'sequence' when 'v' then 'view' else 'table' end as kind
          from pg_class c
         where c.relnamespace = 'paggio'::regnamespace and c.relowner <> mine and c.relkind in ('r', 'p', 'S', 'v')
           and (c.relkind <> 'S' or not exists (
             select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid
                and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')))
      loop
        execute format('alter %s paggio.%I owner to %I', moved.kind, moved.relname, app);
      end loop;
      exit;
    exception when deadlock_detected then
      if attempt = 20 then
        raise;
      end if;
      perform pg_sleep(0.05 * attempt);
    end;
  end loop;
end $$;
commit;
