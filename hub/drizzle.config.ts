import { defineConfig } from 'drizzle-kit';

/** `pnpm drizzle-kit generate --config hub/drizzle.config.ts` writes a migration after a change of the schema. */
export default defineConfig({
  dialect: 'sqlite',
  casing: 'snake_case',
  schema: ['./hub/src/store/schema.ts', './hub/src/store/certificate-schema.ts'],
  out: './hub/drizzle',
});
