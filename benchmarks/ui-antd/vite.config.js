import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// The same target and options as the product's own build (ui/vite.config.ts).
export default defineConfig({
  base: '/peer/',
  plugins: [react()],
  build: { target: 'chrome87', cssTarget: 'chrome87', modulePreload: { polyfill: false }, reportCompressedSize: false },
});
