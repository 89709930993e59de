import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** `VIGIE_HUB` names the hub that `vite dev` talks to. */
const hub = process.env.VIGIE_HUB ?? 'http://127.0.0.1:8080';
const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: at('.'),
  plugins: [react()],
  server: { proxy: { '/api': { target: hub, changeOrigin: true } } },
  build: {
    outDir: at('./dist'),
    emptyOutDir: true,
    target: 'es2023',
    cssTarget: ['chrome123', 'firefox121', 'safari17.5'],
    // The content security policy allows no data: fonts or scripts, and small files cache well on their own.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'react', test: /node_modules[\\/](\.pnpm[\\/])?(react|react-dom|scheduler)[@\\/]/ },
            { name: 'tanstack', test: /node_modules[\\/](\.pnpm[\\/])?@tanstack/ },
          ],
        },
      },
    },
  },
});
