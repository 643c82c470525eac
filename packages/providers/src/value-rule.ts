import { bodyValueAt, jsonBody, jsonValueAt, textOf, valueAt } from './body-value';
import { fieldValues } from './form-body';
import type { Path } from './json-path';
import { queryOf, type WebhookRequest } from './webhook-request';

/**
 * Says where a text is in a request. Rules are data, so the docs can name the place and one reader serves all
 * providers.
 */
export type ValueRule =
  | { from: 'header'; name: string }
  | { from: 'body'; path: Path }
  /** A field of a form body, urlencoded or multipart. */
  | { from: 'form'; name: string }
  /** A place in JSON that is the value of a form field. */
  | { from: 'form-json'; name: string; path: Path }
  | { from: 'query'; name: string }
  /** Always this text. */
  | { from: 'text'; text: string }
  /** The name of a member of the JSON body: the first that ends in `suffix`, or the first that is not `other`. */
  | { from: 'body-key'; suffix: string }
  | { from: 'body-key'; other: string }
  /** All parts with a separator between them; nothing when one is missing. */
  | { from: 'join'; separator: string; parts: readonly ValueRule[] }
  /** The first rule that finds a text. */
  | { from: 'first'; rules: readonly ValueRule[] }
  | { from: 'if'; condition: Condition; then: ValueRule }
  /**
   * For bodies with a list of events. Applies only when the list has one item, because a batch has no id of its own.
   */
  | { from: 'single'; list: Path; then: ValueRule };

/** What must be true of a request. All conditions that are given must hold. */
export interface Condition {
  method?: 'GET' | 'POST' | 'HEAD' | 'OPTIONS';
  present?: ValueRule;
  absent?: ValueRule;
  equals?: readonly [ValueRule, string];
  /** The JSON body has an empty list at this path. */
  emptyList?: Path;
}

export const header = (name: string): ValueRule => ({ from: 'header', name });
export const body = (...path: Path): ValueRule => ({ from: 'body', path });
export const form = (name: string): ValueRule => ({ from: 'form', name });
export const formJson = (name: string, ...path: Path): ValueRule => ({ from: 'form-json', name, path });
export const query = (name: string): ValueRule => ({ from: 'query', name });
export const text = (value: string): ValueRule => ({ from: 'text', text: value });
export const join = (separator: string, ...parts: ValueRule[]): ValueRule => ({ from: 'join', separator, parts });
export const first = (...rules: ValueRule[]): ValueRule => ({ from: 'first', rules });
export const when = (condition: Condition, then: ValueRule): ValueRule => ({ from: 'if', condition, then });
export const single = (list: Path, then: ValueRule): ValueRule => ({ from: 'single', list, then });

/** The text at a rule's place, or null when nothing is there. It never throws, whatever the request contains. */
export function readValue(rule: ValueRule, request: WebhookRequest): string | null {
  switch (rule.from) {
    case 'header':
      return request.headers.get(rule.name) || null;
    case 'body':
      return textOf(bodyValueAt(request, rule.path));
    case 'form':
      return fieldValues(request, rule.name)[0] || null;
    case 'form-json': {
      const [json] = fieldValues(request, rule.name);
      return json === undefined ? null : textOf(jsonValueAt(Buffer.from(json, 'utf8'), rule.path));
    }
    case 'query':
      return new URLSearchParams(queryOf(request.target)).get(rule.name) || null;
    case 'text':
      return rule.text;
    case 'body-key':
      return keyOf(jsonBody(request), rule);
    case 'join': {
      const parts = rule.parts.map((part) => readValue(part, request));
      return parts.includes(null) ? null : parts.join(rule.separator);
    }
    case 'first':
      for (const one of rule.rules) {
        const value = readValue(one, request);
        if (value !== null) return value;
      }
      return null;
    case 'if':
      return holds(rule.condition, request) ? readValue(rule.then, request) : null;
    case 'single': {
      const list = valueAt(jsonBody(request), rule.list);
      return Array.isArray(list) && list.length === 1 ? readValue(rule.then, request) : null;
    }
  }
}

export function holds(condition: Condition, request: WebhookRequest): boolean {
  const { method, present, absent, equals, emptyList } = condition;
  if (method !== undefined && request.method !== method) return false;
  if (present && readValue(present, request) === null) return false;
  if (absent && readValue(absent, request) !== null) return false;
  if (equals && readValue(equals[0], request) !== equals[1]) return false;
  if (emptyList) {
    const list = valueAt(jsonBody(request), emptyList);
    return Array.isArray(list) && list.length === 0;
  }
  return true;
}

function keyOf(value: unknown, rule: { suffix: string } | { other: string }): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const fits = (key: string): boolean => ('suffix' in rule ? key.endsWith(rule.suffix) : key !== rule.other);
  return Object.keys(value).find(fits) ?? null;
}

/** Describes a rule for people: `header X`, `body a.b`. */
export function describeValue(rule: ValueRule): string {
  switch (rule.from) {
    case 'header':
      return `header \`${rule.name}\``;
    case 'body':
      return `body \`${rule.path.join('.')}\``;
    case 'form':
      return `form field \`${rule.name}\``;
    case 'form-json':
      return `\`${rule.path.join('.')}\` in the form field \`${rule.name}\``;
    case 'query':
      return `query parameter \`${rule.name}\``;
    case 'text':
      return `\`${rule.text}\``;
    case 'body-key':
      return 'suffix' in rule
        ? `the member of the body that ends in \`${rule.suffix}\``
        : `the member of the body other than \`${rule.other}\``;
    case 'join':
      return rule.parts.map(describeValue).join(rule.separator === '' ? ' and ' : ` + \`${rule.separator}\` + `);
    case 'first':
      return rule.rules.map(describeValue).join(', else ');
    case 'if':
    case 'single':
      return describeValue(rule.then);
  }
}

/** Collects the lower-case names of headers in rules, which are plain data and may be nested. */
export function collectHeaders(value: unknown, names: Set<string>): void {
  if (typeof value !== 'object' || value === null) return;
  const { from, name } = value as { from?: unknown; name?: unknown };
  if (from === 'header' && typeof name === 'string') names.add(name.toLowerCase());
  for (const inner of Object.values(value)) collectHeaders(inner, names);
}
