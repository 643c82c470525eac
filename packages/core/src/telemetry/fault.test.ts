import { inspect } from 'node:util';
import { PaggioError } from '../errors';
import { describeFault, toFault } from './fault';

const VALUE = 'CANARY0123456789';

/** Everything that a logger could print, including properties that are not enumerable. */
const all = (value: unknown): string => inspect(value, { depth: Infinity, showHidden: true });

/** Errors as drivers, HTTP clients and the engine make them. */
const carriers: [string, () => unknown][] = [
  ['the parameters of a statement', () => Object.assign(new Error('refused'), { query: VALUE, parameters: [VALUE] })],
  ['the row of a constraint', () => Object.assign(new Error('refused'), { detail: VALUE, where: VALUE, hint: VALUE })],
  [
    'a value that PostgreSQL quotes',
    () =>
      Object.assign(new Error(`invalid input syntax for type uuid: "${VALUE}"`), { code: '22P02', severity: 'ERROR' }),
  ],
  [
    'a request of axios',
    () =>
      Object.assign(new Error('x'), { config: { data: VALUE }, request: { path: VALUE }, response: { data: VALUE } }),
  ],
  [
    'the URL that was wrong',
    () => Object.assign(new TypeError('Invalid URL'), { code: 'ERR_INVALID_URL', input: VALUE }),
  ],
  ['the text that was not JSON', () => thrownBy(() => JSON.parse(`{"a": ${VALUE}}`))],
  ['the text that was not a number', () => thrownBy(() => BigInt(`1${VALUE}`))],
  ['the argument that was wrong', () => thrownBy(() => Buffer.from('x').readInt8(VALUE as never))],
  ['the credentials of a URL', () => new Error(`cannot reach postgres://user:${VALUE}@host/db?token=${VALUE}`)],
  ['a key', () => new Error(`the key pk_live_${VALUE} and the secret whsec_${VALUE} are wrong; Bearer ${VALUE}`)],
  ['a cause', () => new Error('outer', { cause: Object.assign(new Error('inner'), { parameters: [VALUE] }) })],
  ['several causes', () => new AggregateError([Object.assign(new Error('one'), { body: Buffer.from(VALUE) })], 'many')],
  [
    'our own error',
    () => new PaggioError('INTERNAL', 'x', { cause: Object.assign(new Error('y'), { detail: VALUE }) }),
  ],
  ['a thrown object that is not an error', () => ({ password: VALUE })],
  [
    'a getter that throws',
    () =>
      Object.defineProperty(new Error('x'), 'code', {
        get: () => {
          throw new Error(VALUE);
        },
      }),
  ],
];

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

test.each(carriers)('a fault contains nothing of %s, however it is printed', (_name, create) => {
  expect(all([toFault(create()), describeFault(create())])).not.toContain(VALUE);
});

test('a fault keeps class, message, codes, names, stack and causes', () => {
  const cause = Object.assign(new Error('duplicate key'), {
    code: '23505',
    severity: 'ERROR',
    constraint: 'k',
    table: 't',
  });
  const error = new PaggioError('INTERNAL', 'The event could not be stored', { cause });
  const fault = toFault(error) as PaggioError;
  expect(fault).toBeInstanceOf(PaggioError);
  expect(fault).toMatchObject({ code: 'INTERNAL', status: 500, message: error.message, stack: error.stack });
  expect(fault.cause).toMatchObject({ code: '23505', constraint: 'k', message: 'duplicate key' });
  expect(error.cause).toBe(cause);
  expect(describeFault(error)).toEqual({
    type: 'PaggioError',
    code: 'INTERNAL',
    message: 'The event could not be stored',
    stack: expect.stringMatching(/^ {4}at .*fault\.test\.ts/),
    cause: {
      type: 'Error',
      code: '23505',
      constraint: 'k',
      table: 't',
      message: 'duplicate key',
      stack: expect.any(String),
    },
  });
  // Changing the message does not change the stack, which still begins with the old message.
  const changed = Object.assign(new Error(VALUE), {});
  changed.message = 'another';
  expect(all(toFault(changed))).not.toContain(VALUE);
});

test('a message that looks like stack frames is not mistaken for the stack', () => {
  const error = new Error(`x\n    at ${VALUE}\n    at ${VALUE}`);
  expect(describeFault(error).stack).not.toContain(VALUE);
});

test('any thrown value is described, within a limited size', () => {
  const chain = Array.from({ length: 50 }).reduce<Error>(
    (cause) => new Error('x'.repeat(100_000), { cause }),
    new Error('end'),
  );
  const circle = new Error('round');
  circle.cause = circle;
  const hostile = new Proxy(new Error('x'), {
    get: () => {
      throw new Error('no');
    },
    getPrototypeOf: () => {
      throw new Error('no');
    },
  });
  const many = new AggregateError(
    Array.from({ length: 1_000 }, () => new Error('one')),
    'many',
  );
  for (const thrown of [undefined, null, 0, '', 'text', Symbol('s'), {}, [], () => 0, chain, circle, hostile, many]) {
    expect(JSON.stringify(describeFault(thrown)).length).toBeLessThan(100_000);
    expect(toFault(thrown)).toBeInstanceOf(Error);
  }
});
