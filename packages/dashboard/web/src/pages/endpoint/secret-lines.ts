export type SecretInput = string | { value: string; expires_at?: string | null };

const PEM = /-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/g;

/**
 * Secrets as somebody types them: one a line, a key in PEM over several, and one that expires as JSON:
 * `{"value": "...", "expires_at": "2030-01-01T00:00:00Z"}`.
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
    // A secret that begins with a brace.
  }
  return line;
}
