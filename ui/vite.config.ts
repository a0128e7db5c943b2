import react from '@vitejs/plugin-react';
import { defineConfig, loadEnv } from 'vite';

// The server replaces this word in index.html by a fresh value for every response.
const CSP_NONCE = '__CSP_NONCE__';

export default defineConfig(({ mode }) => ({
  plugins: [react()],
  html: { cspNonce: CSP_NONCE },
  build: {
    target: 'chrome87',
    cssTarget: 'chrome87',
    manifest: true,
    assetsInlineLimit: 0, // a data: script or style would need a wider policy
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700, // the chart library, loaded after the page has been drawn
  },
  server: { proxy: { '/v1': loadEnv(mode, '.', 'CMC_')['CMC_API'] ?? 'http://127.0.0.1:8000' } },
}));
