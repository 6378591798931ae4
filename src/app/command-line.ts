import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { isAftercareError } from '../base/index.ts';
import type { BacktestCommandOptions } from './backtest-command.ts';
import type { DetectOptions } from './detect-command.ts';
import type { ReplayCommandOptions } from './replay-command.ts';
import type { SimulateCommandOptions } from './simulate-command.ts';
import type { WhyCommandOptions } from './why-command.ts';

/** 0 done, 1 found something wrong, 2 wrong usage or input. */
export type ExitCode = 0 | 1 | 2;

/**
 * Runs one command of the command line; what the others need is not loaded. Resolves to its exit code; `serve` only
 * when the service has stopped.
 */
export async function runCommand(args: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const program = new Command('aftercare')
    .description('Listens to connected products and opens the service case before the customer notices the failure.')
    .showHelpAfterError()
    .exitOverride();
  program
    .command('serve')
    .description('run the service')
    .action(async () => {
      const { serveCommand } = await import('./serve-command.ts');
      exitCode = await serveCommand();
    });
  program
    .command('check')
    .description('check product packs and read their rules back in words')
    .argument('<path...>', 'pack files or folders')
    .option('--json', 'print the result as JSON')
    .action(async (paths: string[], options: { json?: boolean }) => {
      const { checkCommand } = await import('./check-command.ts');
      exitCode = checkCommand(paths, { json: options.json ?? false });
    });
  program
    .command('test')
    .description('run the tests of product packs on a virtual clock')
    .argument('<path...>', 'pack files or folders')
    .option('--junit <file>', 'write the results as JUnit XML, for build servers')
    .option('--json', 'print the result as JSON')
    .action(async (paths: string[], options: { junit?: string; json?: boolean }) => {
      const { testCommand } = await import('./test-command.ts');
      exitCode = await testCommand(paths, { ...options, json: options.json ?? false });
    });
  program
    .command('import')
    .description('publish product packs in a running service')
    .argument('<path...>', 'pack files or folders')
    .option('--url <url>', 'HTTP address of the service; default: from the settings')
    .option('--json', 'print the result as JSON')
    .action(async (paths: string[], options: { url?: string; json?: boolean }) => {
      const { importCommand } = await import('./pack-commands.ts');
      exitCode = await importCommand(paths, { ...options, json: options.json ?? false });
    });
  program
    .command('export')
    .description('print product packs as they were published')
    .argument('[product...]', 'product ids; default: all')
    .option('--pack-version <n>', 'another version than the newest', wholeNumber)
    .option('--to <folder>', 'write a file for each product instead')
    .option('--url <url>', 'HTTP address of the service; default: from the settings')
    .option('--json', 'print the result as JSON')
    .action(
      async (products: string[], options: { packVersion?: number; to?: string; url?: string; json?: boolean }) => {
        const { exportCommand } = await import('./pack-commands.ts');
        const { packVersion, json = false, ...rest } = options;
        const version = packVersion === undefined ? {} : { version: packVersion };
        exitCode = await exportCommand(products, { ...rest, ...version, json });
      },
    );
  program
    .command('backup')
    .description('copy the data folder, also of a running service, for `restore`')
    .argument('<folder>', 'a new or empty folder; keep it as secret as the data folder')
    .option('--data <folder>', 'the data folder; default: from the settings')
    .option('--json', 'print the manifest as JSON')
    .action(async (folder: string, options: { data?: string; json?: boolean }) => {
      const { backupCommand } = await import('./backup-command.ts');
      exitCode = await backupCommand(folder, { ...options, json: options.json ?? false });
    });
  program
    .command('restore')
    .description('make a data folder from a backup')
    .argument('<backup>', 'the folder that `backup` has written')
    .requiredOption('--data <folder>', 'a new or empty folder')
    .option('--json', 'print the manifest as JSON')
    .action(async (backup: string, options: { data: string; json?: boolean }) => {
      const { restoreCommand } = await import('./backup-command.ts');
      exitCode = await restoreCommand(backup, { ...options, json: options.json ?? false });
    });
  program
    .command('build-console')
    .description('build the staff console, as an image or a packager does ahead of the first start')
    .action(async () => {
      const { buildConsoleCommand } = await import('./build-console-command.ts');
      exitCode = await buildConsoleCommand();
    });
  program
    .command('detect')
    .description('judge a recorded CSV (timestamp,value) as if it came from a live device')
    .argument('<csv>', 'the recording')
    .option('--watch <kinds>', 'detectors, separated by commas', (text: string) => text.split(','))
    .option('--product <pack>', 'watch as this product pack says: a file, or an id in the products folder')
    .option('--signal <name>', 'the column to judge, when there are several')
    .option('--json', 'print the result as JSON')
    .action(async (csv: string, options: Flags<DetectOptions, 'json'>) => {
      const { detectCommand } = await import('./detect-command.ts');
      exitCode = await detectCommand(csv, { ...options, json: options.json ?? false });
    });
  program
    .command('backtest')
    .description('what a product pack would have done: its cases beside those of the live version, over what is stored')
    .requiredOption('--pack <file>', 'the pack to try')
    .option('--against <file>', 'another pack file, or live: the version in force', 'live')
    .option('--data <folder>', 'replay this data folder, also while a service uses it; default: ask the service')
    .option('--csv <file>', 'replay a recording (timestamp,signal,…) as one device')
    .option('--device <id>', 'what to call the device of the recording')
    .option('--from <time>', 'only cases that open from then on: epoch ms or RFC 3339')
    .option('--to <time>', 'only what happened before')
    .option('--product <id>', 'the product that the pack must be of')
    .option('--devices <ids>', 'only these devices, separated by commas', (text: string) => text.split(','))
    .option('--outcomes <file>', 'planted faults as simulate --truth writes them; default: the verdicts of cases')
    .option('--threads <n>', 'at most so many; default: one a core', wholeNumber)
    .option('--url <url>', 'HTTP address of the service; default: from the settings')
    .option('--json', 'print the result as JSON')
    .action(async (options: Flags<BacktestCommandOptions, 'json'>) => {
      const { backtestCommand } = await import('./backtest-command.ts');
      exitCode = await backtestCommand({ ...options, json: options.json ?? false });
    });
  program
    .command('why')
    .description('why each rule of a device held, or did not, at one minute')
    .argument('<device>', 'device id')
    .requiredOption('--at <time>', 'event time: epoch ms or RFC 3339')
    .option('--rule <id>', 'only this rule')
    .option('--data <folder>', 'read this data folder, also while a service uses it; default: ask the service')
    .option('--url <url>', 'HTTP address of the service; default: from the settings')
    .option('--json', 'print the answer as JSON')
    .action(async (device: string, options: Flags<WhyCommandOptions, 'json'>) => {
      const { whyCommand } = await import('./why-command.ts');
      exitCode = await whyCommand(device, { ...options, json: options.json ?? false });
    });
  program
    .command('verify')
    .description('recount log, store and ledger of a data folder that no service uses, and tell what does not meet')
    .option('--data <folder>', 'the data folder; default: from the settings')
    .option('--json', 'print the result as JSON')
    .action(async (options: { data?: string; json?: boolean }) => {
      const { verifyCommand } = await import('./verify-command.ts');
      exitCode = await verifyCommand({ ...options, json: options.json ?? false });
    });
  const simulate = program.command('simulate').description('make products report');
  simulate
    .command('replay')
    .description('register a device and publish a recorded CSV (timestamp,signal,…) over MQTT')
    .argument('<csv>', 'the recording')
    .requiredOption('--product <id>', 'product pack of the device')
    .requiredOption('--device <id>', 'device id; registered when it is new')
    .option('--speed <factor>', 'times as fast as recorded; 0 = as fast as it goes', nonNegative, 0)
    .option('--url <url>', 'HTTP address of the service; default: from the settings')
    .option('--mqtt <url>', 'MQTT address of the service; default: from the settings')
    .option('--json', 'print the result as JSON')
    .action(async (csv: string, options: Flags<ReplayCommandOptions, 'json'>) => {
      const { replayCommand } = await import('./replay-command.ts');
      exitCode = await replayCommand(csv, { ...options, json: options.json ?? false });
    });
  simulate
    .command('run', { isDefault: true })
    .description('run a scenario with known faults (demo, healthy-year, bad-network) and score what was found')
    .argument('<scenario>', 'demo, healthy-year or bad-network')
    .option('--seed <n>', 'another fleet with other faults', wholeNumber)
    .option('--devices <n>', 'how many', wholeNumber)
    .option('--days <n>', 'how long; healthy-year is a month unless asked otherwise', nonNegative)
    .option('--in-process', 'without a service, as fast as it goes, the same each time')
    .option('--until-now', 'over MQTT: end at the present instead of going on in real time')
    .option('--truth <file>', 'write the planted faults as JSON Lines')
    .option('--url <url>', 'HTTP address of the service; default: from the settings')
    .option('--mqtt <url>', 'MQTT address of the service; default: from the settings')
    .option('--json', 'print the score card as JSON')
    .action(async (scenario: string, options: Flags<SimulateCommandOptions, 'inProcess' | 'untilNow' | 'json'>) => {
      const { simulateCommand } = await import('./simulate-command.ts');
      const { inProcess = false, untilNow = false, json = false } = options;
      exitCode = await simulateCommand(scenario, { ...options, inProcess, untilNow, json });
    });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    return failed(error);
  }
}

/** A command's options as the command line gives them: a switch that is not there is absent. */
type Flags<Options, Switch extends keyof Options> = Omit<Options, Switch> & Partial<Pick<Options, Switch>>;

function failed(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (!isAftercareError(error)) throw error;
  process.stderr.write(`${error.message}\n${error.hint ? `→ ${error.hint}\n` : ''}`);
  return 2;
}

function nonNegative(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new InvalidArgumentError('must be a number from 0 on');
  return value;
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('must be a whole number from 0 on');
  return Number(text);
}
