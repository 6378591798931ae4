import { runCommand } from './app/index.ts';

process.exitCode = await runCommand(process.argv.slice(2));
