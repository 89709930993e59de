import { defineConfig } from 'drizzle-kit';

/** `pnpm drizzle-kit generate --config agent/drizzle.config.ts` writes a migration after a change of the schema. */
export default defineConfig({
  dialect: 'sqlite',
  casing: 'snake_case',
  schema: './agent/src/store/schema.ts',
  out: './agent/drizzle',
});
