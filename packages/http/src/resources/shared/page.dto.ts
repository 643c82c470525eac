import { IsOptional, Matches } from 'class-validator';
import { parseId, type Paging } from '@paggio/core';
import { wrongInput, type WireError } from '../../wire-error';
import { Doc } from '../../dto/doc';

const WHOLE = /^\d{1,6}$/;
const UUID = '[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}';
/** The id of any object. */
export const ID = new RegExp(`^(?:(?:ep|evt|att|key)_)?${UUID}$`);
/** The id of an endpoint. The prefix of another kind is refused. */
export const ENDPOINT_ID = new RegExp(`^(?:ep_)?${UUID}$`);
/** The id of an object whose kind has no prefix. */
export const BARE_ID = new RegExp(`^${UUID}$`);

const LIMIT = { message: 'limit must be a whole number from 1 to 100.' };
const OFFSET = { message: 'offset must be a whole number from 0 to 10000.' };
const AFTER = { message: 'starting_after must be the id of the last item of the previous page.' };

const limitSchema = { type: 'integer', minimum: 1, maximum: 100, default: 50 } as const;
const offsetSchema = { type: 'integer', minimum: 0, maximum: 10_000, default: 0 } as const;

/** Several decorators as one. */
const all =
  (...decorators: PropertyDecorator[]): (() => PropertyDecorator) =>
  () =>
  (target, property) => {
    for (const decorate of decorators) decorate(target, property);
  };

export const IsLimit = all(Doc('Number of items per page.', limitSchema), IsOptional(), Matches(WHOLE, LIMIT));
export const IsOffset = all(
  Doc('Number of items to skip. Cannot be combined with starting_after.', offsetSchema),
  IsOptional(),
  Matches(WHOLE, OFFSET),
);
export const IsCursor = all(Doc('Id of the last item of the previous page.'), IsOptional(), Matches(ID, AFTER));

export class PageQueryDto {
  @IsLimit() limit?: string;
  @IsOffset() offset?: string;
  @IsCursor() starting_after?: string;
}

/** @throws PaggioError `BAD_REQUEST` that names the parameter */
export function toPaging(query: PageQueryDto, fallbackLimit = 50): Paging {
  const limit = Number(query.limit ?? fallbackLimit);
  const offset = Number(query.offset ?? 0);
  if (limit < 1 || limit > 100) throw wrongParameter('limit', 'limit must be a whole number from 1 to 100.');
  if (offset > 10_000)
    throw wrongParameter('offset', 'offset must be a whole number from 0 to 10000; page further with starting_after.');
  if (query.offset !== undefined && query.starting_after !== undefined) {
    throw wrongParameter('starting_after', 'Page by offset or by starting_after, not by both.');
  }
  return {
    limit,
    offset,
    startingAfter: query.starting_after === undefined ? null : (parseId(query.starting_after) as string),
  };
}

export function wrongParameter(field: string, message: string): WireError {
  return wrongInput('query', [{ field, message }]);
}
