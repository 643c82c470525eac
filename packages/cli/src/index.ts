import { createPaggio, migrate, migrationSql, PaggioError, type Paggio } from '@paggio/core';
import { Command, CommanderError } from 'commander';
import { masterKeysOf, required, type Environment } from './environment';
import { renewKeyFile, rotate, type RotateOptions } from './rotate-master-key';

interface Streams {
  stdout: { write(text: string): unknown };
  stderr: { write(text: string): unknown };
}

/**
 * The `paggio` command.
 * @param argv as Node has it: the arguments begin with the third
 * @returns the exit code
 */
export async function run(argv: readonly string[], env: Environment, { stdout, stderr }: Streams): Promise<number> {
  const say = (text: string): void => void stdout.write(`${text}\n`);
  const program = new Command('paggio')
    .description(
      'Looks after the database of Paggio. Reads DATABASE_URL, and PAGGIO_MASTER_KEY and PAGGIO_MASTER_KEY_PREVIOUS where it decrypts secrets.',
    )
    .configureOutput({ writeOut: (text) => void stdout.write(text), writeErr: (text) => void stderr.write(text) })
    .exitOverride();

  program
    .command('migrate')
    .description('Brings the schema up to date.')
    .option('--sql', 'write what would be done as SQL, and do nothing')
    .option('--grant <role>', 'with --sql: what the role of the app needs')
    .action(async ({ sql, grant }: { sql?: true; grant?: string }) => {
      const url = env['DATABASE_URL'];
      if (sql) {
        const text = await migrationSql({ url: url === '' ? undefined : url, grantTo: grant });
        stdout.write(text === '' ? '-- The schema is up to date.\n' : text);
        return;
      }
      const { applied, total } = await migrate(required(env, 'DATABASE_URL'));
      say(applied === 0 ? `Up to date: ${total} migrations.` : `Applied ${applied} of ${total} migrations.`);
    });

  const handlers = program.command('handlers').description('Functions of the app that are destinations.');
  handlers
    .command('list', { isDefault: true })
    .description('Their names, how many processes run them, and what waits for them.')
    .action(() =>
      withPaggio(env, async (paggio) => {
        const all = await paggio.handlers.list();
        if (all.length === 0) return say('There are no handlers.');
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
    .description('Forgets one that was taken out of the code, and cancels what waits for it.')
    .action((name: string) =>
      withPaggio(env, async (paggio) => {
        await paggio.handlers.remove(name);
        say(`Removed ${name}.`);
      }),
    );

  program
    .command('rotate-master-key')
    .description(
      'Encrypts every stored secret again under PAGGIO_MASTER_KEY, while processes run. PAGGIO_MASTER_KEY_PREVIOUS has the keys before it.',
    )
    .option('--dry-run', 'count what is encrypted under other keys, and change nothing')
    .option('--rate <values>', 'values per second at most, from 1 to 1000000 (default: 2000)')
    .option('--data-dir <directory>', 'make a new key in the data directory of a server; its next start does the rest')
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
