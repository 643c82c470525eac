import nx from '@nx/eslint-plugin';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';
import { noOldNames } from './scripts/eslint/no-old-names.mjs';
import { noPrivateAccess } from './scripts/eslint/no-private-access.mjs';

// The arrows of the architecture: apps -> hosts -> http -> core -> providers. Imports never go back.
const layers = [
  { sourceTag: 'layer:providers', onlyDependOnLibsWithTags: ['layer:none'], bannedExternalImports: ['*'] },
  {
    sourceTag: 'layer:database',
    onlyDependOnLibsWithTags: ['layer:none'],
    bannedExternalImports: ['@nestjs/*', 'express', 'koa', 'typeorm'],
  },
  {
    sourceTag: 'layer:core',
    onlyDependOnLibsWithTags: ['layer:providers', 'layer:database'],
    bannedExternalImports: ['@nestjs/*', 'express', 'koa', 'class-validator', 'class-transformer'],
  },
  {
    sourceTag: 'layer:http',
    onlyDependOnLibsWithTags: ['layer:core', 'layer:dashboard', 'layer:database'],
    bannedExternalImports: ['@nestjs/*', 'express', 'koa', 'typeorm', 'pg'],
  },
  {
    sourceTag: 'layer:dashboard',
    onlyDependOnLibsWithTags: ['layer:client', 'layer:providers'],
    bannedExternalImports: ['@nestjs/*', 'express', 'koa', 'typeorm', 'pg'],
  },
  {
    sourceTag: 'layer:host',
    onlyDependOnLibsWithTags: ['layer:http', 'layer:core', 'layer:database'],
    bannedExternalImports: ['pg', 'class-validator', 'undici'],
  },
  {
    sourceTag: 'layer:client',
    onlyDependOnLibsWithTags: ['layer:none'],
    bannedExternalImports: ['@nestjs/*', 'express', 'koa', 'typeorm', 'pg'],
  },
  {
    sourceTag: 'layer:cli',
    onlyDependOnLibsWithTags: ['layer:core', 'layer:client', 'layer:database'],
    bannedExternalImports: ['@nestjs/*', 'express', 'koa', 'typeorm', 'pg'],
  },
  { sourceTag: 'layer:app', onlyDependOnLibsWithTags: ['*'] },
];

// The rooms of core, from the ground up. A file may import from rooms on its own line and on the lines before it.
// Oxlint (.oxlintrc.json) finds import cycles, because it also counts imports of types.
const rooms = [
  ['errors', 'event-id', 'page', 'principal', 'public-address', 'roles', 'flow', 'input'],
  ['telemetry'],
  ['storage'],
  ['secrets', 'transport', 'queue'],
  ['audit'],
  ['keys'],
  ['endpoints'],
  ['events'],
  ['notifications'],
  ['usage'],
  ['rules'],
  ['feed', 'rejections', 'sessions', 'stats', 'handlers', 'publish', 'replay', 'delivery', 'capture'],
  ['verification'],
  ['maintenance'],
  ['options'],
  ['rotation'],
  ['assembly'],
  ['paggio'],
  ['index'],
];
const transport = ['packages/core/src/transport/*-transport.ts', 'packages/core/src/transport/own-undici.ts'];
const CORE = 'packages/core/src';

const outgoing = ['undici', 'axios', 'node:https'].map((name) => ({
  name,
  message: 'Outgoing requests go through the transport and its address guard.',
}));

const roomRules = rooms.slice(0, -1).flatMap((line, index) => {
  const above = rooms.slice(index + 1).flat();
  const patterns = [
    {
      group: above.flatMap((room) => ['..', '../..', '.'].flatMap((up) => [`${up}/${room}`, `${up}/${room}/**`])),
      message: 'In the order of the rooms of core, this one is above (eslint.config.mjs).',
    },
  ];
  const files = line.flatMap((room) => [`${CORE}/${room}.ts`, `${CORE}/${room}/**/*.ts`]);
  return [
    { files, rules: { 'no-restricted-imports': ['error', { paths: outgoing, patterns }] } },
    ...(line.includes('transport')
      ? [{ files: transport, rules: { 'no-restricted-imports': ['error', { patterns }] } }]
      : []),
  ];
});

// SQL is easy to find: docs/decisions/0017-every-room-owns-its-store.md.
const SQL = String.raw`/\b(from|join|into|update)\s+paggio\.[a-z_]+/i`;
const noSql = ['Literal[value=', 'TemplateElement[value.raw='].map((node) => ({
  selector: `${node}${SQL}]`,
  message: 'SQL belongs in storage/, in *-store.ts, *-sql.ts and *-query.ts, and in the files that this rule names.',
}));
const withSql = [
  `${CORE}/storage/**`,
  `${CORE}/**/*-{store,sql,query}.ts`,
  ...[
    'endpoints/endpoint-loader',
    'events/change-log',
    'events/dictionary',
    'events/event-copies',
    'events/event-index',
    'events/retention',
    'keys/session-ends',
    'maintenance/key-sweep',
    'queue/cancel-deliveries',
    'rotation/sealed-columns',
    'rotation/sealed-values',
    'secrets/master-key-register',
    'secrets/seal-gate',
  ].map((file) => `${CORE}/${file}.ts`),
];

// Codes of PostgreSQL's errors (SQLSTATE) have five characters. The first two are the class.
const noSqlState = {
  selector: 'Literal[value=/^(?:0[0-9A-Z]|2[0-9A-F]|3[489B-F]|4[024]|5[3-8]|F0|HV|P0|XX)[0-9A-Z]{3}$/]',
  message: 'Only storage/sql-errors.ts decides what an error of the database means.',
};

const noFetch = {
  selector: "CallExpression[callee.name='fetch']",
  message: 'Outgoing requests go through the transport and its address guard.',
};

// SIG-21. A comparison with undefined, null or a literal reveals nothing, so it is allowed.
const constantTime = ['left', 'right'].map((side) => {
  const other = side === 'left' ? 'right' : 'left';
  return {
    selector:
      `BinaryExpression[operator=/^[!=]==$/][${side}.name=/^(secret|signature|token|expected|received|digest|proof)$/]` +
      `[${other}.type=/^(Identifier|MemberExpression|CallExpression|TemplateLiteral)$/]:not([right.name=/^(undefined|repeated)$/])`,
    message: 'Secrets and signatures are compared in constant time: sameText or timingSafeEqual.',
  };
});

// Names that the code no longer uses, and what it uses now: docs/architecture.md, Words.
const oldNames = Object.fromEntries(
  [
    [['Happening', 'happening', 'happenings'], 'PaggioEvent or TelemetryEvent'],
    [['Chore', 'Chores', 'chore', 'chores'], 'PeriodicWork'],
    [['Desk', 'desk'], 'Responder'],
    [['Site'], 'Mount'],
    [['Door', 'Doors', 'door', 'doors'], 'RequestInterceptor'],
    [['Held', 'helds'], 'Lease'],
    [['PostgresRecord', 'DeliveryRecord'], 'PostgresDeliveryStore or DeliveryStore'],
    [['Words'], 'Dictionary'],
    [['Turns', 'turns'], 'Semaphore'],
    [['Crew', 'crew'], 'WorkerGroup'],
    [['PostgresWaker', 'Waker', 'waker'], 'ProcessHints'],
    [['Asker', 'asker', 'askerOf'], 'Identity or identify'],
    [['PaggioGateway'], 'PaggioHttpAdapter'],
    [['hasten'], 'makeDueNow'],
    [['noteReveal'], 'auditReveal'],
    [['learnOf'], 'applyReport'],
    [['tell', 'told', 'toldAt'], 'a verb such as report, send or log'],
    [['inVain', 'inVainMs'], 'what failed, such as failedLook'],
  ].flatMap(([names, present]) => names.map((name) => [name, present])),
);

// Tests may import hosts, vendors' packages and a database that their layer must not know.
const testFiles = ['**/*.test.ts', '**/*.full.ts', '**/testing/**/*.ts'];

const paggio = { rules: { 'no-old-names': noOldNames, 'no-private-access': noPrivateAccess } };

export default tseslint.config(
  {
    ignores: [
      '**/dist/',
      '**/node_modules/',
      '.nx/',
      '.paggio/',
      'bench-results/',
      'ledger-results/',
      '**/.work/',
      'apps/consumers/hosts/',
      'scripts/docs-examples/',
      '**/*.js',
      '**/*.mjs',
    ],
  },
  ...tseslint.configs.recommendedTypeChecked,
  {
    files: ['**/*.ts', '**/*.tsx'],
    languageOptions: { parserOptions: { project: './tsconfig.test.json', tsconfigRootDir: import.meta.dirname } },
    plugins: { '@nx': nx, paggio },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        { depConstraints: layers, enforceBuildableLibDependency: false, allow: [] },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // An event handler deals with its promises itself.
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      // An implementation of an asynchronous interface may have nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only apps read the environment.' },
      ],
      'no-restricted-syntax': ['error', noFetch, noSqlState],
      'no-restricted-imports': [
        'error',
        {
          paths: outgoing,
        },
      ],
      'paggio/no-old-names': ['error', oldNames],
      eqeqeq: 'error',
    },
  },
  {
    files: ['packages/providers/src/**/*.ts'],
    rules: { '@typescript-eslint/no-unsafe-return': 'error' },
  },
  {
    files: ['packages/providers/src/**/*.ts', 'packages/core/src/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', noFetch, noSqlState, ...constantTime] },
  },
  {
    files: ['packages/core/src/**/*.ts'],
    ignores: withSql,
    rules: { 'no-restricted-syntax': ['error', noFetch, noSqlState, ...constantTime, ...noSql] },
  },
  {
    files: [`${CORE}/storage/sql-errors.ts`],
    rules: { 'no-restricted-syntax': ['error', noFetch, ...constantTime] },
  },
  // Sample payloads contain postal codes, which look like SQLSTATE. The embedded database is below core.
  {
    files: ['packages/providers/src/samples/*.ts', 'packages/embedded-database/src/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', noFetch] },
  },
  // The pages run in a browser and ask only the server that they came from.
  {
    files: ['packages/dashboard/web/src/**/*.{ts,tsx}'],
    ...reactHooks.configs.flat['recommended-latest'],
  },
  {
    files: ['packages/dashboard/web/src/**/*.{ts,tsx}'],
    languageOptions: {
      parserOptions: { project: './packages/dashboard/web/tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // This rule is about the React compiler, which is not used.
      'react-hooks/incompatible-library': 'off',
      'no-restricted-syntax': [
        'error',
        {
          selector: 'JSXAttribute[name.name=/^(dangerouslySetInnerHTML|srcDoc)$/]',
          message: 'Payloads are hostile: they are text and never markup.',
        },
        {
          selector: 'MemberExpression[property.name=/^(innerHTML|outerHTML|insertAdjacentHTML)$/]',
          message: 'Payloads are hostile: they are text and never markup.',
        },
      ],
    },
  },
  {
    files: ['packages/dashboard/web/src/**/*.test.ts'],
    languageOptions: { parserOptions: { project: './tsconfig.test.json', tsconfigRootDir: import.meta.dirname } },
  },
  // The client may import them: it sends requests to a server that its user chooses.
  { files: ['packages/client/src/**/*.ts'], rules: { 'no-restricted-imports': 'off' } },
  ...roomRules,
  {
    files: ['apps/**/*.ts'],
    rules: { 'no-restricted-properties': 'off', 'no-restricted-syntax': 'off', 'no-restricted-imports': 'off' },
  },
  {
    files: testFiles,
    rules: {
      'paggio/no-private-access': 'error',
      '@nx/enforce-module-boundaries': 'off',
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      'no-restricted-properties': 'off',
      'no-restricted-syntax': [
        'error',
        {
          selector: `NewExpression[callee.name='Pool']:not(MemberExpression[property.name='on'] > *)`,
          message: 'Use hostPool: without an error listener, a connection that the server ends kills the test.',
        },
      ],
      'no-restricted-imports': 'off',
    },
  },
);
