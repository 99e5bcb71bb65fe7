#!/usr/bin/env node
// Kept to syntax that any Node parses, so that an old one gets a sentence and not a stack trace.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(
    `tocsin needs Node 24 or newer; this is Node ${process.versions.node}. ` +
      'In a checkout, run it through npm (npm start, npm run demo), which brings its own.\n',
  );
  process.exitCode = 2;
} else {
  await import('../dist/main.js');
}
