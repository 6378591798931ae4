// Plain JavaScript on purpose: an older Node cannot read the TypeScript of the service, and must say so in words.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major !== 24 || minor < 12) {
  process.stderr.write(
    `Aftercare runs on Node.js 24.12 or later of that line; this is ${process.version}.\n` +
      'On Linux and Windows `npm ci` brings the right one: run `npm ci` without --omit=optional, then `npm start`.\n' +
      'Elsewhere install Node.js 24 and start it with that.\n',
  );
  process.exit(2);
}
