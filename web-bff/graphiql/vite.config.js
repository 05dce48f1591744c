import { defineConfig } from 'vite';
import { licences } from './licences.js';

const collect = licences('LICENSES.txt');

export default defineConfig({
  base: '/graphiql/',
  esbuild: { jsx: 'automatic', legalComments: 'none' },
  plugins: [collect()],
  worker: { format: 'es', plugins: () => [collect()] },
  build: {
    target: 'es2022',
    outDir: 'dist',
    // A data: URL in a script or style sheet would need a wider Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 4000,
    rollupOptions: {
      onwarn: (warning, warn) => warning.code === 'MODULE_LEVEL_DIRECTIVE' || warn(warning),
    },
    reportCompressedSize: false,
  },
  server: {
    proxy: Object.fromEntries(['/graphql', '/auth', '/demo'].map((path) => [path, 'http://127.0.0.1:4000'])),
  },
});
