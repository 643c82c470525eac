import { pino, type DestinationStream, type Logger } from 'pino';

/** Names under which a secret may come along in what is logged, at any depth that occurs. */
const names = ['authorization', 'cookie', 'password', 'secret', 'key', 'apiKey', 'masterKey', 'connectionString'];

/** What looks like a secret of ours, or of a database URL, in any text. */
const patterns: readonly [RegExp, string][] = [
  [/\bpk_(live|test)_[0-9A-Za-z]{8,}/g, 'pk_$1_***'],
  [/\bwhsec_[A-Za-z0-9+/=_-]{8,}/g, 'whsec_***'],
  [/\b(Bearer|Basic) +[A-Za-z0-9+/=._~-]{4,}/gi, '$1 ***'],
  [/\b([a-z][a-z0-9+.-]*:\/\/[^\s:@/]*):[^\s/]+@/gi, '$1:***@'],
];

export function redact(text: string): string {
  return patterns.reduce((shown, [pattern, replacement]) => shown.replace(pattern, replacement), text);
}

/** The server's log: JSON lines, in which no secret stands by its name or by its form. */
export function createLogger(level: string, destination: DestinationStream = pino.destination(1)): Logger {
  const paths = names.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
  return pino(
    { level, redact: { paths, censor: '***' } },
    { write: (line: string) => destination.write(redact(line)) },
  );
}
