import type { Api } from '../api';
import { dialects, type DialectName } from './index';

/** Finds the dialect that a path below the mount point belongs to, and its path within it. */
export function dialectRouter(
  api: Api,
  names: readonly DialectName[] = [],
): (path: string) => { api: Api; path: string } | undefined {
  const spoken = names.map((name) => ({ prefix: `/compat/${name}`, api: api.speaking(dialects[name]) }));
  return (path) => {
    const found = spoken.find(({ prefix }) => path.startsWith(`${prefix}/`));
    return found && { api: found.api, path: path.slice(found.prefix.length) };
  };
}
