/**
 * Folds a header name as CGI, FastCGI, WSGI, Rack and PHP servers do. They keep headers in variables, so `X-Real-IP`,
 * `x_real_ip` and, in some, `X.Real.IP` are one header to the application. Rules about names must treat them as one
 * too.
 */
export function foldedName(lowerCaseName: string): string {
  return UNUSUAL.test(lowerCaseName) ? lowerCaseName.replace(/[^a-z0-9]/g, '-') : lowerCaseName;
}

const UNUSUAL = /[^a-z0-9-]/;
