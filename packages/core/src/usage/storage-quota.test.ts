import { StorageQuota, type Quotas, type Usage } from './storage-quota';

const none: Quotas = { perEndpoint: null, perUser: null, unverified: null };
const a = { id: 'a', userId: 'u' };
const b = { id: 'b', userId: 'u' };
const other = { id: 'c', userId: 'other' };

function quotaOf(
  quotas: Partial<Quotas>,
  read: () => Promise<Partial<Usage>> = () => Promise.resolve({}),
): StorageQuota {
  return new StorageQuota(
    { ...none, ...quotas },
    { read: async () => ({ endpoints: new Map(), users: new Map(), ...(await read()) }) },
  );
}

const fits = (quota: StorageQuota, who: typeof a, bytes: number, verified = true): boolean =>
  quota.refuses(who, bytes, verified) === null;

test('without a quota everything fits and nothing is read', async () => {
  const quota = quotaOf({}, () => Promise.reject(new Error('read')));
  quota.add(a, 1e15, false);
  await quota.refresh();
  expect(fits(quota, a, 1e15, false)).toBe(true);
});

test('a process without events leaves out two readings of three, and reads again after the first event', async () => {
  let readings = 0;
  const quota = quotaOf({ perEndpoint: 1_000 }, () => {
    readings++;
    return Promise.resolve({});
  });
  const after = async (times: number): Promise<number> => {
    for (let n = 0; n < times; n++) await quota.refresh();
    return readings;
  };
  expect([await after(1), await after(2), await after(1), await after(2), await after(1)]).toEqual([1, 1, 2, 2, 3]);
  quota.refuses(a, 1, true);
  expect([await after(1), await after(1)]).toEqual([4, 4]);
  quota.add(a, 1, true);
  expect(await after(1)).toBe(5);
});

test('an endpoint is full exactly at its quota, and others are not', () => {
  const quota = quotaOf({ perEndpoint: 1_000 });
  quota.add(a, 900, true);
  expect([fits(quota, a, 100), fits(quota, a, 101), fits(quota, b, 1_000)]).toEqual([true, false, true]);
  expect(quota.refuses(a, 101, true)).toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: 300 });
});

test('the quota for unverified events counts and refuses only those', () => {
  const quota = quotaOf({ unverified: 1_000 });
  quota.add(a, 5_000, true);
  quota.add(a, 900, false);
  expect([fits(quota, a, 101, false), fits(quota, a, 100, false), fits(quota, a, 1e9, true)]).toEqual([
    false,
    true,
    true,
  ]);
});

test('all endpoints of a user share a quota, and unverified events may use half of it', () => {
  const quota = quotaOf({ perUser: 1_000 });
  quota.add(a, 400, false);
  quota.add(b, 100, false);
  expect([fits(quota, a, 1, false), fits(quota, b, 1, false), fits(quota, b, 500)]).toEqual([false, false, true]);
  quota.add(b, 500, true);
  expect([fits(quota, a, 1), fits(quota, other, 1_000)]).toEqual([false, true]);
});

test('events count as this process knows them until the database has counted them; then its count is used', async () => {
  let counted = 0;
  const quota = quotaOf({ perEndpoint: 1_000 }, () =>
    Promise.resolve({ endpoints: new Map([['a', { all: counted, unverified: 0 }]]) }),
  );
  quota.add(a, 300, true);
  counted = 0;
  await quota.refresh();
  // The database has not counted it yet, but this process still knows it.
  expect(fits(quota, a, 701)).toBe(false);
  counted = 300;
  await quota.refresh();
  expect([fits(quota, a, 700), fits(quota, a, 701)]).toEqual([true, false]);
  // Another process has stored an event, and events were removed.
  counted = 950;
  await quota.refresh();
  expect(fits(quota, a, 51)).toBe(false);
  counted = 10;
  await quota.refresh();
  expect(fits(quota, a, 990)).toBe(true);
});

test('an event that the database has counted is not counted twice', async () => {
  let counted = 500;
  const quota = quotaOf({ perEndpoint: 1_000 }, () =>
    Promise.resolve({ endpoints: new Map([['a', { all: counted, unverified: 0 }]]) }),
  );
  await quota.refresh();
  quota.add(a, 200, true);
  counted = 650;
  await quota.refresh();
  // The database has not counted 50 of the 200 yet.
  expect([fits(quota, a, 300), fits(quota, a, 301)]).toEqual([true, false]);
});

test('an event counts until the database may be expected to have counted it, which is after the second reading', async () => {
  const quota = quotaOf({ perEndpoint: 1_000 });
  quota.add(a, 600, true);
  await quota.refresh();
  quota.add(a, 300, true);
  await quota.refresh();
  expect([fits(quota, a, 100), fits(quota, a, 101)]).toEqual([true, false]);
  quota.add(a, 1, true);
  await quota.refresh();
  expect([fits(quota, a, 699), fits(quota, a, 700)]).toEqual([true, false]);
});

test('what the database has counted is taken from the older events first', async () => {
  let counted = 0;
  const quota = quotaOf({ perEndpoint: 1_000 }, () =>
    Promise.resolve({ endpoints: new Map([['a', { all: counted, unverified: 0 }]]) }),
  );
  quota.add(a, 400, true);
  await quota.refresh();
  quota.add(a, 300, true);
  counted = 500;
  await quota.refresh();
  // 500 are counted, and 200 of the newer ones are not.
  expect([fits(quota, a, 300), fits(quota, a, 301)]).toEqual([true, false]);
  quota.add(a, 100, true);
  await quota.refresh();
  expect([fits(quota, a, 200), fits(quota, a, 201)]).toEqual([true, false]);
  // The database counts the 200 only now, when they count no longer as this process knows them.
  quota.add(a, 1, true);
  counted = 700;
  await quota.refresh();
  expect([fits(quota, a, 199), fits(quota, a, 200)]).toEqual([true, false]);
});

test('after a failed reading the next call reads again, even in a process without events', async () => {
  let readings = 0;
  const quota = quotaOf({ perEndpoint: 1_000 }, () => {
    readings++;
    return readings === 1 ? Promise.reject(new Error('away')) : Promise.resolve({});
  });
  await expect(quota.refresh()).rejects.toThrow('away');
  await quota.refresh();
  expect(readings).toBe(2);
});

test('a failed count forgets no event of this process', async () => {
  let fail = false;
  const quota = quotaOf({ perEndpoint: 1_000 }, () => (fail ? Promise.reject(new Error('away')) : Promise.resolve({})));
  quota.add(a, 600, true);
  fail = true;
  const reading = quota.refresh();
  quota.add(a, 300, true);
  await expect(reading).rejects.toThrow('away');
  expect([fits(quota, a, 100), fits(quota, a, 101)]).toEqual([true, false]);
  await expect(quota.refresh()).rejects.toThrow('away');
  expect([fits(quota, a, 100), fits(quota, a, 101)]).toEqual([true, false]);
});
