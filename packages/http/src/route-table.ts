import type { Operation } from './operation';

/**
 * The result of a look-up by method and path: an operation with the parameters of its path, or the methods that the
 * path allows instead. The list of methods is empty when the path would be right without the slash at its end.
 */
export type Match = { operation: Operation; params: Readonly<Record<string, string>> } | { allowed: readonly string[] };

interface Route {
  operation: Operation;
  /** The names of its parameters, by the position of their segment. */
  parameters: readonly (readonly [number, string])[];
}

/** One segment of a path, with what can follow it. */
interface Branch {
  literals: Map<string, Branch>;
  parameter?: Branch;
  /** The operations whose path ends here. */
  routes: Route[];
}

/** Finds operations by the segments of their paths. A look-up costs a few steps, however many operations there are. */
export class RouteTable {
  private readonly root = emptyBranch();
  private readonly served: ReadonlySet<Operation>;

  constructor(operations: readonly Operation[]) {
    this.served = new Set(operations);
    for (const operation of operations) this.add(operation);
  }

  /** The operations, in the order in which they were given. */
  get operations(): readonly Operation[] {
    return [...this.served];
  }

  has(operation: Operation): boolean {
    return this.served.has(operation);
  }

  /**
   * Finds the operation. Undefined when no operation has this path. A slash at the end of a path is not ignored: a client that
   * lost an id and sends `DELETE /sessions/` must not end all sessions.
   */
  match(method: string, path: string): Match | undefined {
    const segments = path.split('/').slice(1);
    const wanted = asGet(method);
    const allowed = new Set<string>();
    for (const { operation, parameters } of routesAt(this.root, segments)) {
      if (operation.method === wanted) {
        const params = Object.fromEntries(parameters.map(([at, name]) => [name, segments[at] as string]));
        return { operation, params };
      }
      allowed.add(operation.method);
      if (operation.method === 'GET') allowed.add('HEAD');
    }
    if (allowed.size > 0) return { allowed: [...allowed] };
    return path.endsWith('/') && this.match(method, path.replace(/\/{1,64}$/, '')) ? { allowed: [] } : undefined;
  }

  private add(operation: Operation): void {
    const segments = operation.path.split('/').slice(1);
    let branch = this.root;
    for (const segment of segments) {
      if (segment.startsWith(':')) branch = branch.parameter ??= emptyBranch();
      else branch = literalOf(branch, segment);
    }
    const parameters = segments.flatMap((segment, at) =>
      segment.startsWith(':') ? [[at, segment.slice(1)] as const] : [],
    );
    branch.routes.push({ operation, parameters });
  }
}

/** The routes of a path. Those with the literal segment come before those with a parameter in its place. */
function routesAt(branch: Branch, segments: readonly string[], depth = 0): readonly Route[] {
  const segment = segments[depth];
  if (segment === undefined) return branch.routes;
  const literal = branch.literals.get(segment);
  const routes = literal ? routesAt(literal, segments, depth + 1) : [];
  if (!branch.parameter || segment === '') return routes;
  return [...routes, ...routesAt(branch.parameter, segments, depth + 1)];
}

function literalOf(branch: Branch, segment: string): Branch {
  const next = branch.literals.get(segment) ?? emptyBranch();
  branch.literals.set(segment, next);
  return next;
}

function emptyBranch(): Branch {
  return { literals: new Map(), routes: [] };
}

/** A HEAD request gets the answer of a GET, and the server leaves out the body. */
function asGet(method: string): string {
  return method === 'HEAD' ? 'GET' : method;
}
