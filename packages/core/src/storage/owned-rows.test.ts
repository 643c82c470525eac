import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import ts from 'typescript';

/** Tables whose rows belong to a user in a mode, directly or by their event. */
const OWNED = /paggio\.(events|attempts|all_attempts|deliveries|rejections|endpoints)\b/;
const REPOSITORY = /getRepository\(endpointSchema\)/;
const OWNER_BY_COLUMNS = [/\buser_id = (\$|:)/, /\bmode = (\$|:)/];
const OWNER_BY_PROPERTIES = [/\buserId: owner\.userId/, /\bmode: owner\.mode/];

const SOURCE = join(__dirname, '..');

interface Statement {
  /** The file, and the declaration that contains it. */
  place: string;
  text: string;
}

/** Statements on these tables in the sources of the package. Fragments that other statements are made of count too. */
function statements(): Statement[] {
  return readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/\.test\.ts$|(^|\/)(testing|migrations)\//.test(file))
    .sort()
    .map((file) => [file, readFileSync(join(SOURCE, file), 'utf8')] as const)
    .filter(([, text]) => OWNED.test(text) || REPOSITORY.test(text))
    .flatMap(([file, text]) => statementsIn(file, text));
}

function statementsIn(file: string, text: string): Statement[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: Statement[] = [];
  const visit = (node: ts.Node, name: string): void => {
    const named =
      ts.isMethodDeclaration(node) ||
      ts.isFunctionDeclaration(node) ||
      (ts.isVariableDeclaration(node) && node.parent.parent.parent === source);
    const inside = named ? (node.name?.getText() ?? name) : name;
    const place = `${file.replaceAll(sep, '/')} ${inside}`;
    // A template with others inside it is one statement; a chain of calls on a repository is one too.
    if ((ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) && OWNED.test(node.getText())) {
      found.push({ place, text: node.getText() });
      return;
    }
    if (
      ts.isCallExpression(node) &&
      REPOSITORY.test(node.getText()) &&
      !ts.isArrowFunction(node.arguments.at(-1) ?? node)
    ) {
      found.push({ place, text: node.getText() });
      return;
    }
    ts.forEachChild(node, (child) => visit(child, inside));
  };
  visit(source, '');
  return found;
}

function namesTheOwner({ text }: Statement): boolean {
  return [OWNER_BY_COLUMNS, OWNER_BY_PROPERTIES].some((columns) => columns.every((column) => column.test(text)));
}

/**
 * Lists the statements that do not name the owner, each with the reason. The test also fails if an entry is no longer
 * needed.
 */
const EXCEPTIONS: Record<string, { statements: number; because: string }> = {
  // The owner is in a part of the statement that is made elsewhere.
  'replay/bulk-replay-store.ts count': { statements: 1, because: 'EventQuery begins with the owner' },
  'replay/bulk-replay-store.ts next': { statements: 1, because: 'EventQuery begins with the owner of the replay' },
  'events/event-store.ts list': {
    statements: 2,
    because: 'EventQuery begins with the owner, or with an endpoint that owns() found',
  },
  'events/event-store.ts plainStep': { statements: 1, because: 'EventQuery begins with the owner' },
  'events/event-store.ts page': { statements: 1, because: 'reads what the query of ids found, which has the owner' },
  'events/event-store.ts search': { statements: 1, because: 'reads what the query of ids found, which has the owner' },
  'rejections/rejection-store.ts list': { statements: 2, because: 'the condition of both names the owner' },
  // Parts of statements, which follow a row that the statement has already found.
  'replay/bulk-replay-store.ts REACHED': { statements: 1, because: 'follows an event of next()' },
  'events/event-query.ts oncePerChain': { statements: 1, because: 'follows an event of the same query' },
  'events/event-query.ts some': { statements: 1, because: 'follows an event of the same query' },
  'events/event-query.ts SUMMARY': { statements: 1, because: 'follows an event of the same query' },
  'events/event-query.ts SUMMARY_JOINS': { statements: 1, because: 'follows an event of the same query' },
  'notifications/notification-store.ts WANTED': {
    statements: 1,
    because: 'part of the notifier, which serves every user',
  },
  // By an id that the caller has already found as the owner's.
  'replay/bulk-replay-store.ts progress': { statements: 1, because: "of a replay that was found as the owner's" },
  'replay/bulk-replay-store.ts underWay': { statements: 1, because: 'of a replay that runs' },
  'queue/cancel-deliveries.ts cancelDeliveries': { statements: 1, because: 'the caller has found what it cancels' },
  'endpoints/endpoint-store.ts makeDueNow': { statements: 1, because: 'of an endpoint that update() has found' },
  'endpoints/endpoint-store.ts healthCounts': {
    statements: 1,
    because: 'of endpoints that list() or find() has found',
  },
  'endpoints/endpoint-store.ts insert': { statements: 1, because: 'a new row, with its owner' },
  'endpoints/endpoint-store.ts update': { statements: 1, because: 'of an endpoint that findWith() has locked' },
  'events/event-copies.ts COPY': { statements: 1, because: "of events that were found as the owner's" },
  'events/event-copies.ts HISTORY': { statements: 1, because: 'of events that next() has found' },
  'events/event-store.ts attempts': {
    statements: 1,
    because: "of an event that the statement before found as the owner's",
  },
  'events/event-store.ts newestAttempts': { statements: 1, because: 'of an event that get() has found' },
  'replay/replay-store.ts KEEP': { statements: 1, because: "of an event that was found as the owner's" },
  // The engine, which works for every user. No user chooses the rows.
  'replay/bulk-replay-store.ts halfCancelled': { statements: 1, because: 'periodic work' },
  'delivery/delivery-sql.ts PENDING_DESTINATIONS': { statements: 1, because: 'delivery' },
  'delivery/delivery-sql.ts LANES': { statements: 1, because: 'delivery' },
  'delivery/delivery-sql.ts LOOK_FOR_DUE': { statements: 1, because: 'delivery' },
  'delivery/delivery-sql.ts CLAIM': { statements: 1, because: 'delivery' },
  'delivery/delivery-sql.ts LOAD': { statements: 1, because: 'delivery' },
  'delivery/settle-sql.ts settle': { statements: 1, because: 'delivery' },
  'delivery/settle-sql.ts settlePlain': { statements: 1, because: 'delivery' },
  'delivery/delivery-sql.ts RENEW': { statements: 1, because: 'delivery' },
  'delivery/delivery-sql.ts RELEASE': { statements: 1, because: 'delivery' },
  'delivery/delivery-sql.ts CANCEL': { statements: 1, because: 'delivery' },
  'delivery/takeover-sql.ts TAKE_OVER': { statements: 1, because: 'delivery' },
  'endpoints/endpoint-loader.ts LOAD': { statements: 1, because: 'the route of a webhook, by its slug' },
  'events/event-index.ts check': { statements: 1, because: 'the index of all events' },
  'events/index-sql.ts INDEX_WRITE': { statements: 1, because: 'the index of all events' },
  'events/index-sql.ts READ_EVENT': { statements: 1, because: 'the index of all events' },
  'queue/follower-sql.ts followersOf': { statements: 1, because: 'delivery' },
  'queue/follower-sql.ts WAKE_FOLLOWERS': { statements: 1, because: 'delivery' },
  'handlers/handler-store.ts LIST': {
    statements: 1,
    because: 'counts what waits for a handler; needs the scope operator',
  },
  'notifications/notification-store.ts CLAIM_DUE': { statements: 1, because: 'the notifier, which serves every user' },
  'capture/intake-sql.ts EVENTS': { statements: 1, because: 'capture: new rows, with their owner' },
  'capture/intake-sql.ts deliveriesFrom': { statements: 1, because: 'capture: deliveries of these rows' },
  'publish/publish-store.ts publication': { statements: 1, because: 'new rows, with their owner' },
  'delivery/queue-store.ts FAILING': { statements: 1, because: 'the destinations of all users, for /metrics' },
  'delivery/queue-store.ts pending': { statements: 1, because: 'the queue of all users, for /metrics' },
  'delivery/queue-store.ts STATE': { statements: 1, because: 'the queue of all users, for /health' },
  'rejections/rejection-store.ts KEEP': { statements: 1, because: 'capture: a new row, with its owner' },
  'rejections/rejection-store.ts sweep': { statements: 1, because: 'periodic work' },
  'events/retention.ts REMOVE_EVENTS': { statements: 1, because: 'periodic work' },
  'rotation/sealed-columns.ts DESTINATION_OWNER': {
    statements: 1,
    because: 'the rotation of the master key goes through the rows of all users',
  },
  'verification/verification-store.ts ofUser': {
    statements: 1,
    because: 'both modes of a user on purpose: says whose secret a signature was made with',
  },
  'events/dictionary.ts NAME_OWNERS_AND_SOURCES': { statements: 1, because: 'the index of all events' },
  'events/dictionary.ts NAME_TYPES': { statements: 1, because: 'the index of all events' },
};

test('every statement on the rows of users names user and mode, or is listed with the reason why not', () => {
  const all = statements();
  // The reader of the sources finds statements in text and on repositories that name their owner.
  expect(all.filter(namesTheOwner).map(({ place }) => place)).toEqual(
    expect.arrayContaining([
      'events/event-store.ts get',
      'endpoints/endpoint-store.ts findWith',
      'rejections/rejection-store.ts find',
    ]),
  );
  const nameless: Record<string, number> = {};
  for (const { place } of all.filter((one) => !namesTheOwner(one))) nameless[place] = (nameless[place] ?? 0) + 1;
  expect(nameless).toEqual(
    Object.fromEntries(Object.entries(EXCEPTIONS).map(([place, { statements: count }]) => [place, count])),
  );
});

test.each([
  ['without a predicate', '`select body from paggio.events where id = $1`', false],
  ['with the user alone', '`select body from paggio.events where id = $1 and user_id = $2`', false],
  ['with user and mode', '`select body from paggio.events where id = $1 and user_id = $2 and mode = $3`', true],
  ['on a repository', 'manager.getRepository(endpointSchema).findOne({ where: { id } })', false],
  [
    'on a repository, with user and mode',
    'manager.getRepository(endpointSchema).findOne({ where: { id, userId: owner.userId, mode: owner.mode } })',
    true,
  ],
])('the reader of the sources recognises a statement %s', (_, code, expected) => {
  const [found] = statementsIn('x.ts', `class X { async read(id: string) { return this.rows(${code}, [id]); } }`);
  expect(found?.place).toBe('x.ts read');
  expect(found && namesTheOwner(found)).toBe(expected);
});
