import { Semaphore } from './semaphore';

test('runs as many at once as allowed, the others in order, and refuses those beyond the queue', async () => {
  const semaphore = new Semaphore(2, 2, 'searches');
  const leave: (() => void)[] = [];
  const order: number[] = [];
  const enter = (number: number): Promise<number> =>
    semaphore.take(async () => {
      order.push(number);
      await new Promise<void>((done) => leave.push(done));
      if (number === 1) throw new Error('one that fails leaves too');
      return number;
    });
  const visits = [0, 1, 2, 3].map((number) => enter(number).catch((error: Error) => error.message));
  await expect(enter(4)).rejects.toMatchObject({ code: 'UNAVAILABLE', message: 'Too many searches at once' });
  expect(order).toEqual([0, 1]);
  for (let number = 0; number < 4; number++) {
    leave[number]?.();
    await visits[number];
  }
  expect(await Promise.all(visits)).toEqual([0, 'one that fails leaves too', 2, 3]);
  expect(order).toEqual([0, 1, 2, 3]);
  await expect(semaphore.take(async () => 'free')).resolves.toBe('free');
});
