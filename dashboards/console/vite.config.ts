import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The service that `vite` proxies to while the console is being worked on. */
const service = 'http://127.0.0.1:8080';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // The content security policy allows files of our own only, no data: URIs.
    assetsInlineLimit: 0,
  },
  server: {
    proxy: { '/api': service },
  },
});
