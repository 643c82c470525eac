import { oncePerMinute } from './once-per-minute';

test('the same error is reported once a minute, and another message at once', () => {
  let now = 0;
  const clock = jest.spyOn(performance, 'now').mockImplementation(() => now);
  const reported: string[] = [];
  const report = oncePerMinute(({ message }) => reported.push(message));
  for (now of [0, 30_000, 59_999]) report(new Error('a'));
  report(new Error('b'));
  now = 60_000;
  report(new Error('a'));
  report(new Error('b'));
  expect(reported).toEqual(['a', 'b', 'a']);
  clock.mockRestore();
});
