// Copies the code of each recipe into its page: apps/examples/src/recipes/NAME.ts into the first block of
// docs/recipes/NAME.md. A test compares the two.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { root } from './prepare.mjs';

const sources = join(root, 'apps/examples/src/recipes');
for (const file of readdirSync(sources)) {
  const page = join(root, 'docs/recipes', `${basename(file, '.ts')}.md`);
  const code = readFileSync(join(sources, file), 'utf8');
  const text = readFileSync(page, 'utf8');
  writeFileSync(
    page,
    text.replace(/```ts\n[^]*?```/, () => `\`\`\`ts\n${code}\`\`\``),
  );
}
