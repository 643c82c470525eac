import { transactionControlIn } from './transaction-control';

test('every statement that begins or ends a transaction is found, in any spelling and position', () => {
  const found: Record<string, string> = {
    begin: 'BEGIN',
    'BEGIN;': 'BEGIN',
    ' \n\tBegin Isolation Level Serializable': 'BEGIN',
    'start transaction read only': 'START TRANSACTION',
    'start /* now */ transaction': 'START TRANSACTION',
    commit: 'COMMIT',
    'COMMIT WORK': 'COMMIT',
    'commit and chain': 'COMMIT',
    'end transaction': 'END',
    abort: 'ABORT',
    rollback: 'ROLLBACK',
    'rollback work': 'ROLLBACK',
    'ROLLBACK AND CHAIN': 'ROLLBACK',
    "prepare transaction 'a'": 'PREPARE TRANSACTION',
    "commit prepared 'a'": 'COMMIT PREPARED',
    "rollback prepared 'a'": 'ROLLBACK PREPARED',
    '-- first\ncommit': 'COMMIT',
    '-- first\rcommit': 'COMMIT',
    '/* a /* nested */ comment */ commit': 'COMMIT',
    ';;commit': 'COMMIT',
    '\ufeffselect 1;commit': 'COMMIT',
    'select 1; commit': 'COMMIT',
    "select 'it''s; not'; commit": 'COMMIT',
    "select E'\\'; '; commit": 'COMMIT',
    "select '\\'; commit": 'COMMIT',
    "select E'a''\\' ; rollback'; commit": 'COMMIT',
    'select "a;b"; commit': 'COMMIT',
    'select $$;$$; commit': 'COMMIT',
    'select $a$ $$; $a$; commit': 'COMMIT',
    'select $1; commit': 'COMMIT',
    'select (1); commit': 'COMMIT',
    'select 1/**/;/**/commit/**/': 'COMMIT',
    'create function f() returns int begin atomic select case when true then 1 end; select 2; end; commit': 'COMMIT',
    'savepoint a; release a; rollback to a; commit': 'COMMIT',
  };
  expect(Object.fromEntries(Object.keys(found).map((sql) => [sql, transactionControlIn(sql)]))).toEqual(found);
});

test('savepoints, and words that only look like such a statement, are allowed', () => {
  const harmless = [
    'select 1',
    'savepoint a',
    'release savepoint a',
    'rollback to a',
    'ROLLBACK WORK TO SAVEPOINT a',
    'rollback transaction to a',
    "insert into notes values ('commit; rollback')",
    'select "commit" from "end"',
    'select case when true then 1 end',
    'select 1 as commit -- ; commit',
    '/* ; commit */ select 1',
    'select $$; commit; $$',
    'select $commit$; end; $commit$',
    'prepare plan as select 1',
    'execute transaction',
    'do $$ begin perform 1; end $$',
    'create function f() returns int begin atomic select case when true then 1 end; select 2; end',
    'create rule r as on insert to a do also (delete from b; delete from c)',
    'select commit from a; select rollback from a',
    "select E'\\'; commit; '",
    'begins',
    'commit_log',
    'endü',
    '',
  ];
  expect(harmless.filter((sql) => transactionControlIn(sql) !== undefined)).toEqual([]);
});

test('a long text is checked in linear time', () => {
  const started = performance.now();
  for (const part of ["''", '/*', '$a$', '"', '((', "E'\\", '--\n', 'a '])
    transactionControlIn(`${part.repeat(100_000)} commit`);
  expect(performance.now() - started).toBeLessThan(10_000);
});
