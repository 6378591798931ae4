import { type WhyAnswer, type WhyRule, whyAt } from '../backtest/index.ts';
import { AftercareError, formatInstant, nearest } from '../base/index.ts';
import { apiOf, call, refused } from './api-client.ts';
import type { ExitCode } from './command-line.ts';
import { readConfig } from './config.ts';
import { instantOption } from './instant-option.ts';
import { readPublishedPack } from './packs.ts';

export interface WhyCommandOptions {
  readonly at: string;
  readonly rule?: string;
  readonly data?: string;
  readonly url?: string;
  readonly json: boolean;
}

/** `aftercare why`: 0 when there is an answer. */
export async function whyCommand(device: string, options: WhyCommandOptions): Promise<ExitCode> {
  const at = instantOption('--at', options.at);
  const answer =
    options.data === undefined
      ? await askService(device, at, options)
      : whyAt(options.data, { device, at }, readPublishedPack);
  const rules = answer.rules.filter(({ id }) => options.rule === undefined || id === options.rule);
  if (rules.length === 0) throw unknownRule(options.rule ?? '', answer);
  const shown = { ...answer, rules };
  process.stdout.write(options.json ? `${JSON.stringify(shown)}\n` : whyText(shown));
  return 0;
}

async function askService(device: string, at: number, { url }: WhyCommandOptions): Promise<WhyAnswer> {
  const api = apiOf(readConfig(process.cwd(), process.env), url === undefined ? {} : { url });
  const path = `/api/v1/devices/${encodeURIComponent(device)}/why?at=${encodeURIComponent(formatInstant(at))}`;
  const answer = await call(api, path);
  if (answer.status !== 200) throw refused(answer);
  // The service's answers follow its own description.
  return answer.body as WhyAnswer;
}

function unknownRule(rule: string, { product, rules }: WhyAnswer): AftercareError {
  const ids = rules.map(({ id }) => id);
  const meant = nearest(rule, ids);
  const hint = meant === undefined ? `Its rules are: ${ids.join(', ')}.` : `Did you mean ${meant}?`;
  return new AftercareError('request-invalid', `${product} had no rule ${JSON.stringify(rule)} in force then.`, {
    hint,
  });
}

function whyText(answer: WhyAnswer): string {
  const { device, product, version, judgedAt, replayedFrom, reports, rules, notes } = answer;
  const head = `${device} (${product}, version ${version}) after its report of ${minute(judgedAt)}`;
  const from = `${reports} reports replayed from ${minute(replayedFrom)} on`;
  const said = notes.map((note) => `${note}\n`).join('');
  return `${head}; ${from}.\n${said}\n${rules.map(ruleText).join('\n')}`;
}

const marks = new Map<boolean | null, string>([
  [null, 'unknown'],
  [true, 'holds'],
  [false, 'does not hold'],
]);

function ruleText({ id, stage, state, sentence, inputs }: WhyRule): string {
  const shown = stage === 'live' ? state : `${state}, ${stage}`;
  const lines = inputs.map(({ text, holds, told }) => {
    return `    ${marks.get(holds)}: ${text}  (${told})\n`;
  });
  return `${id} (${shown}): ${sentence}\n${lines.join('')}`;
}

function minute(instant: string): string {
  return `${instant.slice(0, 16).replace('T', ' ')} UTC`;
}
