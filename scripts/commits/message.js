// The form of commit messages: Conventional Commits, as CONTRIBUTING.md describes them. CommonJS, so that a test can load it.
const { readdirSync } = require('node:fs');
const { join } = require('node:path');

const TYPES = ['feat', 'fix', 'perf', 'refactor', 'test', 'docs', 'build', 'ci', 'chore', 'revert'];
const LONGEST_SUBJECT = 72;
const SUBJECT = /^(?<type>[a-z]+)(?:\((?<scope>[^)]*)\))?!?: (?<text>.+)$/;

/** Verbs with which a subject often begins. Their other forms are recognised by them. */
const VERBS =
  'add|allow|answer|build|change|check|clean|correct|count|delete|drop|ensure|fix|give|handle|implement|improve|keep|let|log|make|move|name|prepare|print|read|reduce|refactor|refuse|remove|rename|replace|return|run|say|send|show|simplify|split|stop|store|support|test|update|use|wait|write'.split(
    '|',
  );
/** Other forms of the verbs: "added", "adds", "adding", "fixes", "moving", "dropped", "simplified", "simplifies". */
const NOT_IMPERATIVE = new Set(
  VERBS.flatMap((verb) => {
    const stem = verb.replace(/[ey]$/, '');
    const doubled = verb + verb.at(-1);
    return [
      `${verb}s`,
      `${verb}es`,
      `${verb}ed`,
      `${verb}ing`,
      `${stem}ed`,
      `${stem}ing`,
      `${stem}ied`,
      `${stem}ies`,
      `${doubled}ed`,
      `${doubled}ing`,
    ];
  }),
);

/** The scopes of this repository: the folder names of packages and apps. */
function scopes(root) {
  return ['packages', 'apps'].flatMap((kind) => readdirSync(join(root, kind)));
}

/**
 * Checks a commit message.
 * @param {string} message the whole text; lines that begin with `#` do not count, as in Git
 * @param {readonly string[]} allowedScopes
 * @returns {string[]} what is wrong with it, in sentences; empty when nothing is
 */
function problemsOf(message, allowedScopes) {
  const [subject = '', second = ''] = message.split(/\r?\n/).filter((line) => !line.startsWith('#'));
  const found = SUBJECT.exec(subject);
  if (!found) return ['The subject must have the form "type(scope): what the commit does"; the scope may be left out.'];
  const { type, scope, text } = found.groups;
  const firstWord = text.split(/[\s:,]/, 1)[0].toLowerCase();
  return [
    TYPES.includes(type) ? '' : `There is no type "${type}". Types: ${TYPES.join(', ')}.`,
    scope === undefined || allowedScopes.includes(scope)
      ? ''
      : `There is no scope "${scope}". Scopes are the folders of packages and apps: ${allowedScopes.join(', ')}.`,
    subject.length > LONGEST_SUBJECT
      ? `The subject has ${subject.length} characters; ${LONGEST_SUBJECT} is the limit. Put the rest into the body.`
      : '',
    NOT_IMPERATIVE.has(firstWord) ? `Write the imperative: "add", not "added" or "adds". Found: "${firstWord}".` : '',
    text.endsWith('.') ? 'The subject must not end with a full stop.' : '',
    second !== '' ? 'The second line must be empty.' : '',
  ].filter((problem) => problem !== '');
}

module.exports = { problemsOf, scopes };
