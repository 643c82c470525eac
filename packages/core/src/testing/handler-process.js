// A process with a transactional handler that kills itself at a step of its first delivery. It runs the built package.
const { createPaggio } = require('@paggio/core');
const { Pool } = require('pg');

const { options, kind, step } = JSON.parse(process.argv[2]);

/** The start tries a transaction too, and is to succeed. */
let delivering = false;

function die(at) {
  if (delivering && at === step) process.kill(process.pid, 'SIGKILL');
}

/** Calls `query`, and dies before, during or after what `at` names. */
function fatal(at, query) {
  die(`before ${at}`);
  const done = query();
  // The statement is on its way, and its answer is not here yet.
  if (step === `during ${at}`) setImmediate(() => die(`during ${at}`));
  return done.then((result) => {
    die(`after ${at}`);
    return result;
  });
}

async function transactions() {
  if (kind === 'own') return {};
  if (kind === 'pool') {
    const pool = new Pool({ connectionString: options.database.url, max: 2 });
    const connect = async () => {
      const client = await pool.connect();
      return {
        query: (sql, values) => {
          const query = () => client.query(sql, values);
          if (sql === 'commit') return fatal('commit', query);
          return sql.includes('with input as') ? fatal('settle', query) : query();
        },
        release: (destroy) => client.release(destroy),
      };
    };
    return { transactions: { pool: { connect } } };
  }
  // Loading it costs as much as the rest of the start.
  const { DataSource } = require('typeorm');
  const dataSource = new DataSource({ type: 'postgres', url: options.database.url, installExtensions: false });
  await dataSource.initialize();
  const create = dataSource.createQueryRunner.bind(dataSource);
  dataSource.createQueryRunner = (mode) => {
    const runner = create(mode);
    const connect = runner.connect.bind(runner);
    runner.connect = async () => {
      const client = await connect();
      const query = (given, ...rest) => {
        const run = () => client.query(given, ...rest);
        const sql = given.text ?? given;
        if (sql === 'COMMIT') return fatal('commit', run);
        return sql.includes('with input as') ? fatal('settle', run) : run();
      };
      const read = (_, name) => {
        const value = client[name];
        return typeof value === 'function' ? value.bind(client) : value;
      };
      return new Proxy(client, { get: (target, name) => (name === 'query' ? query : read(target, name)) });
    };
    return runner;
  };
  return { transactions: { dataSource } };
}

async function main() {
  const { masterKey, ...rest } = options;
  const paggio = createPaggio({
    ...rest,
    ...(await transactions()),
    roles: ['deliver'],
    masterKey: Buffer.from(masterKey, 'hex'),
  });
  paggio.on(
    'github',
    'push',
    async (event, { tx }) => {
      delivering = true;
      die('begun');
      await tx.query('insert into public.effects (event_id) values ($1)', [event.id]);
      die('written');
    },
    { name: 'effect', transactional: true },
  );
  await paggio.start();
  process.send('ready');
}

process.on('disconnect', () => process.exit());
main().catch((error) => {
  console.error(error);
  process.exit(1);
});
