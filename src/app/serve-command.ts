import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import pino, { type Logger } from 'pino';
import pretty from 'pino-pretty';
import type { ExitCode } from './command-line.ts';
import { readConfig } from './config.ts';
import { type Service, startService } from './service.ts';

/** The project's folder: two above this file's. */
export const projectRoot = join(import.meta.dirname, '..', '..');

/** Where gigabytes are free V8 lets old memory grow to several times what lives in it before it looks for garbage. */
const heapGrowingPercent = 60;

/** Runs until SIGINT or SIGTERM; a second signal, or a broken promise of durability, ends it at once. */
export async function serveCommand(): Promise<ExitCode> {
  const config = readConfig(process.cwd(), process.env);
  setFlagsFromString(`--heap-growing-percent=${heapGrowingPercent}`);
  const logger = createLogger();
  const onBroken = (error: Error) => {
    logger.fatal({ err: error }, 'the service cannot go on; start it again, nothing acknowledged is lost');
    process.exit(1);
  };
  const service = await startService({ config, logger, clock: Date.now, root: projectRoot, onBroken });
  greet(service);
  // Also for a start after a crash; otherwise Node does this when it ends.
  flushCompileCache();
  const signal = await stopSignal();
  logger.info({ signal }, 'stopping');
  await service.stop();
  logger.info('stopped');
  return 0;
}

/** Diagnostics go to stderr: lines for people on a terminal, JSON otherwise. */
function createLogger(): Logger {
  const options = { redact: ['req.headers.authorization', 'req.headers.cookie'] };
  if (!process.stderr.isTTY) return pino(options, pino.destination({ dest: 2, sync: true }));
  return pino(options, pretty({ destination: 2, sync: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss' }));
}

function greet(service: Service): void {
  const lines = [
    `Console   ${service.httpUrl}`,
    `MQTT      ${service.mqttUrl}`,
    ...(service.tokenFile ? [`Token     in ${service.tokenFile} (for programs: Authorization: Bearer …)`] : []),
    'Demo      npm run -s simulate -- demo (or the button in the empty console)',
    ...(service.setupPath
      ? ['', 'Make the first account within 24 hours, once, here:', `  ${service.httpUrl}${service.setupPath}`]
      : []),
  ];
  process.stdout.write(`\nAftercare is running.\n\n${lines.map((line) => `  ${line}`).join('\n')}\n\n`);
}

const parentPollMs = 500;

function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    // npm hands a signal to the shell between it and this process, and that shell may die of it without handing it on.
    const parent = process.ppid;
    if (process.env.npm_lifecycle_event !== undefined) {
      setInterval(() => {
        if (process.ppid !== parent) resolve('SIGTERM');
      }, parentPollMs).unref();
    }
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      process.once(name, (signal) => {
        process.once(name, () => process.exit(1));
        resolve(signal);
      });
    }
  });
}
