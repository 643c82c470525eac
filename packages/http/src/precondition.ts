import { checkPrecondition, PaggioError, type Precondition } from '@paggio/core';
import { withHeaders, type Answer } from './answer';
import { valuesOf } from './header-values';

/** One entity tag (RFC 9110, 8.8.3), with the separators around it. Empty members of a list are allowed. */
const TAG = /[ \t,]*(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"[ \t]*(?:,[ \t,]*|$)/y;

/**
 * Reads `If-Match` and `If-None-Match`. `If-Match` compares strongly, so its weak tags match nothing. For
 * `If-None-Match`, a weak tag counts like a strong one.
 * @throws PaggioError `BAD_REQUEST` for a header that is neither a list of entity tags nor `*`
 */
export function preconditionOf(rawHeaders: readonly string[]): Precondition {
  const matching = tagsOf(rawHeaders, 'If-Match');
  const excluded = tagsOf(rawHeaders, 'If-None-Match');
  return {
    ...(matching && { ifMatch: matching === '*' ? '*' : matching.filter(({ weak }) => !weak).map(({ text }) => text) }),
    ...(excluded && { ifNoneMatch: excluded === '*' ? '*' : excluded.map(({ text }) => text) }),
  };
}

interface Tag {
  weak: boolean;
  text: string;
}

function tagsOf(rawHeaders: readonly string[], name: string): Tag[] | '*' | undefined {
  const lines = valuesOf(rawHeaders, name.toLowerCase());
  if (lines.length === 0) return undefined;
  const text = lines.join(',').trim();
  if (text === '*') return '*';
  const tags: Tag[] = [];
  TAG.lastIndex = 0;
  while (TAG.lastIndex < text.length) {
    const found = TAG.exec(text);
    if (!found) break;
    tags.push({ weak: found[1] !== undefined, text: found[2] as string });
    if (TAG.lastIndex === text.length) return tags;
  }
  const message = `${name} must be * or entity tags in double quotes, separated by commas.`;
  throw new PaggioError('BAD_REQUEST', `Invalid header: ${name}`, {
    hint: `${message} Send the ETag of an answer unchanged.`,
    details: [{ field: name, message }],
  });
}

/** The same answer with an `ETag`. It is a strong one, because `If-Match` ignores weak ones. */
export function withTag(answer: Answer, revision: string): Answer {
  return withHeaders(answer, [['etag', `"${revision}"`]]);
}

/**
 * Turns an answer that the client already has into a 304.
 * @throws PaggioError `PRECONDITION_FAILED` when `If-Match` names other tags
 */
export function conditionalAnswer(answer: Answer, { ifMatch, ifNoneMatch }: Precondition): Answer {
  const tag = answer.headers.find(([name]) => name === 'etag')?.[1];
  if (tag === undefined) return answer;
  const revision = tag.slice(1, -1);
  checkPrecondition({ ifMatch }, revision);
  if (ifNoneMatch === undefined || (ifNoneMatch !== '*' && !ifNoneMatch.includes(revision))) return answer;
  return { status: 304, headers: answer.headers.filter(([name]) => name !== 'content-type'), body: null };
}
