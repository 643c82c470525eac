// Writes docs/openapi.json from the built operation table. A test compares it with the table.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { format, resolveConfig } from 'prettier';

const require = createRequire(import.meta.url);
const { createDocument, operations } = require('../packages/http/dist/index.js');
const file = new URL('../docs/openapi.json', import.meta.url);
const text = JSON.stringify(createDocument(operations, 'http://localhost:4400'));
writeFileSync(file, await format(text, { ...(await resolveConfig(file.pathname)), parser: 'json' }));
