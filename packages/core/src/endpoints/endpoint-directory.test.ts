import type { EndpointConfig } from './endpoint-config';
import { EndpointDirectory, type EndpointLoader } from './endpoint-directory';

/** Finds endpoints by slug, and counts the look-ups. */
class CountingLoader implements EndpointLoader {
  version_ = 1;
  asked: string[] = [];
  constructor(private readonly endpoints: ReadonlySet<string>) {}

  load(by: { slug: string } | { id: string }) {
    const name = 'slug' in by ? by.slug : by.id;
    this.asked.push(name);
    const endpoint = this.endpoints.has(name) ? ({ id: name, slug: name } as EndpointConfig) : null;
    return Promise.resolve({ endpoint, version: this.version_, validForMs: null });
  }

  version() {
    return Promise.resolve(this.version_);
  }
}

/** More than a directory remembers. */
const GUESSES = process.env['PAGGIO_FULL'] ? 50_000 : 21_000;

test('guessed slugs push out no endpoint, whether it is in use or not', async () => {
  const endpoints = Array.from({ length: 1_000 }, (_, n) => `endpoint-${n}`);
  const loader = new CountingLoader(new Set(endpoints));
  const directory = new EndpointDirectory(loader);
  await Promise.all(endpoints.map((slug) => directory.bySlug(slug)));
  for (let n = 0; n < GUESSES; n++) await directory.bySlug(`guess-${n}`);
  loader.asked = [];
  expect(endpoints.every((slug) => directory.peek(slug)?.slug === slug)).toBe(true);
  expect(loader.asked).toEqual([]);
  expect([directory.remembers('endpoint-1'), directory.remembers('guess-1')]).toEqual([true, false]);
});

test('a guess is looked up once and remembered, until the configuration changes', async () => {
  const loader = new CountingLoader(new Set(['made-later']));
  const directory = new EndpointDirectory(loader);
  for (let n = 0; n < 10; n++) expect(await directory.bySlug('guess')).toBeNull();
  expect([directory.peek('guess'), loader.asked]).toEqual([null, ['guess']]);
  directory.observe(++loader.version_);
  expect(directory.peek('guess')).toBeUndefined();
  expect((await directory.bySlug('made-later'))?.slug).toBe('made-later');
  // It was an endpoint, so looking it up again is worth it, even if its entry has to be read again.
  directory.observe(++loader.version_);
  expect([directory.peek('made-later'), directory.remembers('made-later')]).toEqual([undefined, true]);
});
