import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// Where `npm run dev` sends API calls: the mock (dev/mock_server.mjs) or a running Pharos.
const backend = process.env.PHAROS_URL ?? 'http://127.0.0.1:3399';
const apiPaths = ['/api', '/loki', '/tempo', '/jaeger', '/alertmanager/', '/pharos/', '/ready'];

export default defineConfig({
  plugins: [react()],
  base: '/',
  server: {
    proxy: Object.fromEntries(apiPaths.map((path) => [path, { target: backend, ws: true }])),
    // Tests read real dashboards that lie beside the checkout; the development server shows nothing of it.
    fs: { strict: !process.env.VITEST },
  },
  build: {
    target: 'es2022',
    chunkSizeWarningLimit: 700,
    reportCompressedSize: true,
    // Everything is a file of our own origin: the server's policy allows no data: scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      output: {
        manualChunks: (id) => {
          if (/node_modules\/(react|react-dom|scheduler)\//.test(id)) return 'react';
          if (id.includes('node_modules/@mantine/') || id.includes('node_modules/@floating-ui/')) return 'mantine';
          if (id.includes('node_modules/uplot/')) return 'uplot';
          return undefined;
        },
      },
    },
  },
  test: { environment: 'node', include: ['src/**/*.test.ts'] },
});
