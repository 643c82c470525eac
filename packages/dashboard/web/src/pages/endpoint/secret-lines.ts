export type SecretInput = string | { value: string; expires_at?: string | null };

const PEM = /-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/g;

/**
 * Parses the secrets that a person types: one per line, except that a PEM key takes several lines. A secret that
 * expires is JSON: `{"value": "...", "expires_at": "2030-01-01T00:00:00Z"}`.
 */
export function toSecrets(text: string): SecretInput[] {
  const keys = text.match(PEM) ?? [];
  const lines = text.replace(PEM, '\n').split('\n');
  const others = lines.map((line) => line.trim()).filter((line) => line !== '');
  return [...keys, ...others.map(toSecret)];
}

function toSecret(line: string): SecretInput {
  if (!line.startsWith('{')) return line;
  try {
    const parsed = JSON.parse(line) as Record<string, unknown>;
    if (typeof parsed['value'] === 'string') return parsed as { value: string };
  } catch {
    // This secret only begins with a brace.
  }
  return line;
}
