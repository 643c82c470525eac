import { changesOf, mergeForms } from './newer';

test('a form keeps what was typed and takes newer values for everything else', () => {
  const before = { name: 'old', timeout: '30', retry: { kind: 'inherit' }, types: ['a'] };
  const mine = { ...before, name: 'mine', retry: { kind: 'schedule' } };
  const newer = { name: 'theirs', timeout: '5', retry: { kind: 'inherit' }, types: ['a', 'b'] };
  expect(mergeForms(mine, before, newer)).toEqual({
    name: 'mine',
    timeout: '5',
    retry: { kind: 'schedule' },
    types: ['a', 'b'],
  });
  expect(mergeForms(before, before, newer)).toEqual(newer);
});

test('the changes are all facts that differ, including those on one side only', () => {
  expect(changesOf({ Name: 'a', Same: 'x', Gone: 'y' }, { Name: 'b', Same: 'x', New: 'z' })).toEqual([
    { label: 'Name', before: 'a', now: 'b' },
    { label: 'Gone', before: 'y', now: '' },
    { label: 'New', before: '', now: 'z' },
  ]);
});
