import { afterCommit } from './after-commit';

test('wakes after each delay, however many calls come in between', () => {
  jest.useFakeTimers();
  const wake = jest.fn();
  const soon = afterCommit(wake);
  for (let n = 0; n < 10; n++) soon();
  jest.advanceTimersByTime(20);
  expect(wake).toHaveBeenCalledTimes(1);
  // The first delay is over, so it begins again; the longer ones are still running.
  soon();
  jest.advanceTimersByTime(400);
  expect(wake).toHaveBeenCalledTimes(4);
  // A transaction that takes seconds is found within a second after it.
  for (let second = 1; second <= 5; second++) {
    jest.advanceTimersByTime(1_000);
    expect(wake).toHaveBeenCalledTimes(4 + second);
  }
  jest.useRealTimers();
});
