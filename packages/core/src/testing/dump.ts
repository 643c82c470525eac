import { query, type TestDatabase } from '@paggio/embedded-database/testing';

/** Returns everything in the tables of Paggio as text, with bytes as hex digits. */
export async function dumpOf({ url }: TestDatabase): Promise<string> {
  const tables = await query<{ name: string }>(
    url,
    `select table_name as name from information_schema.tables where table_schema = 'paggio' order by 1`,
  );
  const parts: string[] = [];
  for (const { name } of tables) {
    const rows = await query<{ row: string }>(url, `select t::text as row from paggio."${name}" t`);
    parts.push(...rows.map(({ row }) => `${name} ${row}`));
  }
  return parts.join('\n');
}

/** Returns the forms in which a text may appear: as it is, as bytes in hex, decimal or base64, or escaped for a URL. */
export function spellingsOf(text: string): string[] {
  const bytes = Buffer.from(text);
  const hex = bytes.toString('hex');
  // Among other bytes, a base64 text may begin at three offsets. Characters that depend on the other bytes are left
  // out.
  const base64 = [0, 1, 2].map((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replaceAll('=', '');
    return whole.slice(before === 0 ? 0 : before + 1, -2);
  });
  return [
    text,
    hex,
    hex.toUpperCase(),
    [...bytes].join(','),
    [...bytes].join(', '),
    encodeURIComponent(text),
    ...base64,
    ...base64.map((one) => one.replaceAll('+', '-').replaceAll('/', '_')),
  ];
}
