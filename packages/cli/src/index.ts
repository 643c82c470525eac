import { createPaggio, migrate, migrationSql, PaggioError, type Paggio } from '@paggio/core';
import { Command, CommanderError } from 'commander';
import { masterKeysOf, required, type Environment } from './environment';
import { renewKeyFile, rotate, type RotateOptions } from './rotate-master-key';

interface Streams {
  stdout: { write(text: string): unknown };
  stderr: { write(text: string): unknown };
}

/**
 * Runs the `paggio` command.
 * @param argv in the form of `process.argv`: the arguments start at the third element
 * @returns the exit code
 */
export async function run(argv: readonly string[], env: Environment, { stdout, stderr }: Streams): Promise<number> {
  const say = (text: string): void => void stdout.write(`${text}\n`);
  const program = new Command('paggio')
    .description(
      'Manages the Paggio database. Reads DATABASE_URL. Commands that decrypt secrets also read PAGGIO_MASTER_KEY and PAGGIO_MASTER_KEY_PREVIOUS.',
    )
    .configureOutput({ writeOut: (text) => void stdout.write(text), writeErr: (text) => void stderr.write(text) })
    .exitOverride();

  program
    .command('migrate')
    .description('Update the database schema.')
    .option('--sql', 'print the changes as SQL without running them')
    .option('--grant <role>', "with --sql: also print the rights that the app's role needs")
    .action(async ({ sql, grant }: { sql?: true; grant?: string }) => {
      const url = env['DATABASE_URL'];
      if (sql) {
        const text = await migrationSql({ url: url === '' ? undefined : url, grantTo: grant });
        stdout.write(text === '' ? '-- The schema is up to date.\n' : text);
        return;
      }
      const { applied, total } = await migrate(required(env, 'DATABASE_URL'));
      say(
        applied === 0
          ? `The schema is up to date (${total} migrations).`
          : `Applied ${applied} of ${total} migrations.`,
      );
    });

  const handlers = program.command('handlers').description("Manage the app's handlers: functions that receive events.");
  handlers
    .command('list', { isDefault: true })
    .description('List the handlers, with their running processes and pending deliveries.')
    .action(() =>
      withPaggio(env, async (paggio) => {
        const all = await paggio.admin.handlers.list();
        if (all.length === 0) return say('No handlers.');
        const rows = [['HANDLER', 'SOURCE', 'EVENT TYPES', 'RUNNING', 'PENDING']];
        for (const one of all) {
          const types = one.eventTypes.length === 0 ? '*' : one.eventTypes.join(', ');
          rows.push([one.name, one.source, types, String(one.running), String(one.pending)]);
        }
        for (const row of table(rows)) say(row);
      }),
    );
  handlers
    .command('remove <name>')
    .description('Remove a handler that is no longer in the code, and cancel its pending deliveries.')
    .action((name: string) =>
      withPaggio(env, async (paggio) => {
        await paggio.admin.handlers.remove(name);
        say(`Removed ${name}.`);
      }),
    );

  program
    .command('rotate-master-key')
    .description(
      'Encrypt every stored secret with PAGGIO_MASTER_KEY, while processes run. PAGGIO_MASTER_KEY_PREVIOUS lists the previous keys.',
    )
    .option('--dry-run', 'only count the secrets that are encrypted with other keys')
    .option('--rate <values>', 'maximum number of secrets per second, from 1 to 1000000 (default: 2000)')
    .option('--data-dir <directory>', "create a new key in a server's data directory; its next start does the rest")
    .action(async (options: RotateOptions) => {
      if (options.dataDir !== undefined) renewKeyFile(options, env, say);
      else await rotate(options, env, say);
    });

  try {
    await program.parseAsync(argv);
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    if (!(error instanceof PaggioError)) throw error;
    stderr.write(`${error.message}\n${error.hint === '' ? '' : `  ${error.hint}\n`}`);
    return 1;
  }
}

async function withPaggio(env: Environment, work: (paggio: Paggio) => Promise<void>): Promise<void> {
  const paggio = createPaggio({
    database: { url: required(env, 'DATABASE_URL') },
    ...masterKeysOf(env, 'accepted'),
    migrations: 'check',
    roles: ['api'],
  });
  await paggio.start();
  try {
    await work(paggio);
  } finally {
    await paggio.stop();
  }
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
