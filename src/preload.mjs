// Plain JavaScript on purpose: an older Node cannot read the TypeScript of the service, and must say so in words.
import module from 'node:module';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major !== 24 || minor < 12) {
  process.stderr.write(
    `Aftercare runs on Node.js 24.12 or later of that line; this is ${process.version}.\n` +
      'On Linux and Windows `npm ci` brings the right one: run `npm ci` without --omit=optional, then `npm start`.\n' +
      'Elsewhere install Node.js 24 and start it with that.\n',
  );
  process.exit(2);
}

// What Node makes of TypeScript is kept for the next start, which takes half the time then and has no compiler in memory.
// In a folder of our own: where others can write they could put code. Where this cannot be written nothing is kept.
const cache = join(import.meta.dirname, '..', 'node_modules', '.cache', 'aftercare');
const { status, directory } = module.enableCompileCache(cache);
// Threads look here.
if (status === module.constants.compileCacheStatus.ENABLED) process.env.NODE_COMPILE_CACHE = directory;

// This thread has its young generation as the command line says. Other threads have bounds of their own, smaller ones, over
// which the flag would win.
setFlagsFromString('--max-semi-space-size=0');
