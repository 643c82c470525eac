import { errorAnswer } from './answer';

const pgError = (code: string, severity: string): Error => Object.assign(new Error('x'), { code, severity });

test.each([
  ['the database ends the session', pgError('57P01', 'FATAL'), 503, 'UNAVAILABLE'],
  [
    'nobody listens where the database was',
    Object.assign(new Error('x'), { code: 'ECONNREFUSED' }),
    503,
    'UNAVAILABLE',
  ],
  ['the driver gives up a statement', new Error('Query read timeout'), 503, 'UNAVAILABLE'],
  ['a value is refused', pgError('22P02', 'ERROR'), 500, 'INTERNAL'],
  [
    'something else speaks of a timeout',
    new Error('The timeout of the job is not connected to anything'),
    500,
    'INTERNAL',
  ],
  ['a text is thrown instead of an error', 'Connection terminated', 500, 'INTERNAL'],
])('the answer has the right status when %s', (_name, error, status, code) => {
  const faults: unknown[] = [];
  const answer = errorAnswer(error, (fault) => faults.push(fault));
  expect([answer.status, (JSON.parse(answer.body as string) as { code: string }).code]).toEqual([status, code]);
  expect(new Map(answer.headers).get('retry-after')).toBe(status === 503 ? '5' : undefined);
  expect(faults).toHaveLength(1);
});
