import { z } from 'zod';
import { AftercareError, formatInstant } from '../base/index.ts';
import { backtestBody, backtestItemShape, backtestShape } from './backtest-shapes.ts';
import type { BacktestRun, Backtests } from './backtests.ts';
import type { ApiDeps } from './deps.ts';
import { packBytesMax } from './pack-version-routes.ts';
import { problems, sendProblem } from './problem.ts';
import { findProduct } from './product-routes.ts';
import { type ApiServer, checkRange, orNull, timeOrNull } from './shapes.ts';

const tags = ['backtests'];
const productParams = z.object({ id: z.string() });
const runParams = z.object({ id: z.string() });

/** Trying a pack on what is stored, before it is published. */
export function backtestRoutes(api: ApiServer, deps: Pick<ApiDeps, 'view'>, backtests: Backtests): void {
  startRoute(api, deps, backtests);

  api.get(
    '/products/:id/backtests',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Backtests of a product that are kept, newest first, without their results',
        tags,
        params: productParams,
        response: { 200: z.object({ items: z.array(backtestItemShape), next: z.null() }), ...problems },
      },
    },
    async (request) => {
      const { product } = findProduct(deps.view, request.params.id);
      return { items: backtests.list(product).map(itemOf), next: null };
    },
  );

  api.get(
    '/backtests/:id',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'A backtest: how far it is, and its result',
        tags,
        params: runParams,
        response: { 200: backtestShape, ...problems },
      },
    },
    async (request) => answerOf(found(backtests.get(request.params.id), request.params.id)),
  );

  api.delete(
    '/backtests/:id',
    {
      config: { access: 'agent' },
      schema: {
        summary: 'Cancel a backtest; one that is over stays as it is',
        tags,
        params: runParams,
        response: { 200: backtestShape, ...problems },
      },
    },
    async (request) => answerOf(found(backtests.cancel(request.params.id), request.params.id)),
  );
}

function startRoute(api: ApiServer, { view }: Pick<ApiDeps, 'view'>, backtests: Backtests): void {
  api.post(
    '/products/:id/backtests',
    {
      config: { access: 'agent' },
      // Whatever may be published may be tried, also against another.
      bodyLimit: 2 * packBytesMax,
      schema: {
        summary: 'Start a backtest: what a pack would have done, beside the version in force',
        tags,
        params: productParams,
        body: backtestBody,
        response: { 202: backtestShape, ...problems },
      },
    },
    async (request, reply) => {
      const { product } = findProduct(view, request.params.id);
      const { file, source, against, againstFile, from, to, devices } = request.body;
      checkRange({ from, to });
      const started = backtests.start({
        product,
        candidate: { file, source },
        against: against === 'live' ? undefined : { file: againstFile, source: against },
        from,
        to,
        devices,
      });
      if (started.problems) {
        const detail = started.problems.join('\n');
        const errors = started.problems.map((message) => ({ path: 'body/source', message }));
        return sendProblem(request, reply, { code: 'pack-invalid', detail, errors });
      }
      reply.header('location', `/api/v1/backtests/${started.run.id}`);
      return reply.status(202).send(answerOf(started.run));
    },
  );
}

function found(run: BacktestRun | undefined, id: string): BacktestRun {
  if (run) return run;
  throw new AftercareError('backtest-not-found', `There is no backtest ${JSON.stringify(id)}.`, {
    hint: 'The newest are kept until the service is restarted; start another with POST /api/v1/products/{id}/backtests.',
  });
}

function itemOf({ id, product, state, createdAt, endedAt, progress, problem }: BacktestRun) {
  const times = { createdAt: formatInstant(createdAt), endedAt: timeOrNull(endedAt) };
  return { id, product, state, ...times, progress: { ...progress }, problem: orNull(problem) };
}

/** The result is checked against its shape when it is written. */
function answerOf(run: BacktestRun): z.infer<typeof backtestShape> {
  return { ...itemOf(run), result: (run.result ?? null) as z.infer<typeof backtestShape>['result'] };
}
