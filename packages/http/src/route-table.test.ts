import fc from 'fast-check';
import { operation, type Operation } from './operation';
import { operations } from './resources/operations';
import { RouteTable } from './route-table';

function row(method: Operation['method'], path: string): Operation {
  const id = `${method} ${path}`;
  return operation({ id, method, path, scope: null, summary: 'For a test.', answers: {}, run: async () => fail() });
}

function fail(): never {
  throw new Error('A table runs nothing.');
}

function found(table: RouteTable, method: string, path: string): unknown {
  const match = table.match(method, path);
  return match && ('operation' in match ? [match.operation.id, match.params] : match.allowed);
}

test('a literal segment takes precedence over a parameter, in whichever row it is', () => {
  const table = new RouteTable([row('GET', '/events/:id'), row('PATCH', '/events/:id'), row('GET', '/events/stream')]);
  expect(found(table, 'GET', '/events/stream')).toEqual(['GET /events/stream', {}]);
  expect(found(table, 'HEAD', '/events/7')).toEqual(['GET /events/:id', { id: '7' }]);
  // The path matches both rows, so the methods of both are allowed.
  expect(found(table, 'PATCH', '/events/stream')).toEqual(['PATCH /events/:id', { id: 'stream' }]);
  expect(found(table, 'PUT', '/events/stream')).toEqual(['GET', 'HEAD', 'PATCH']);
});

test('a literal segment that leads nowhere does not hide a parameter', () => {
  const table = new RouteTable([row('GET', '/a/b/c'), row('GET', '/a/:x/d')]);
  expect(found(table, 'GET', '/a/b/d')).toEqual(['GET /a/:x/d', { x: 'b' }]);
  expect(found(table, 'GET', '/a/b')).toBeUndefined();
  expect(found(table, 'GET', '/a/__proto__/d')).toEqual(['GET /a/:x/d', { x: '__proto__' }]);
});

test('each row has its own parameters, and none of them is empty', () => {
  const table = new RouteTable([row('GET', '/a/:first'), row('DELETE', '/a/:second')]);
  expect(found(table, 'GET', '/a/1')).toEqual(['GET /a/:first', { first: '1' }]);
  expect(found(table, 'DELETE', '/a/1')).toEqual(['DELETE /a/:second', { second: '1' }]);
  expect(found(table, 'GET', '/a//')).toBeUndefined();
});

test('a path with a slash at its end is not found, and the answer can say why', () => {
  const table = new RouteTable([row('DELETE', '/sessions'), row('DELETE', '/sessions/:id')]);
  expect(found(table, 'DELETE', '/sessions/')).toEqual([]);
  expect(found(table, 'DELETE', '/sessions/1/')).toEqual([]);
  expect(found(table, 'DELETE', '/other/')).toBeUndefined();
});

/** Searches all rows, as a reader of the document would. */
function byRows(method: string, path: string): string | undefined {
  const pattern = ({ path: of }: Operation): RegExp => new RegExp(`^${of.replaceAll(/:[a-z_]+/g, '[^/]+')}$`);
  const rows = operations.filter((one) => one.method === method && pattern(one).test(path));
  return (rows.find((one) => !one.path.includes(':')) ?? rows[0])?.id;
}

test('the table of the API finds the same as a search through all rows', () => {
  const table = new RouteTable(operations);
  const segment = fc.constantFrom(...new Set(operations.flatMap((one) => one.path.split('/').slice(1))), 'x', '');
  const path = fc.oneof(
    fc.array(segment, { minLength: 1, maxLength: 7 }).map((segments) => `/${segments.join('/')}`),
    fc.constantFrom(...operations.map((one) => one.path.replaceAll(/:[a-z_]+/g, 'x'))),
  );
  const seen = new Set<string | undefined>();
  fc.assert(
    fc.property(fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE'), path, (method, wanted) => {
      const match = table.match(method, wanted);
      const id = match && 'operation' in match ? match.operation.id : undefined;
      seen.add(id);
      expect([method, wanted, id]).toEqual([method, wanted, byRows(method, wanted)]);
    }),
    { numRuns: 3000 },
  );
  expect(seen.size).toBeGreaterThan(20);
});
