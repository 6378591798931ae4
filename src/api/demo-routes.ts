import { z } from 'zod';
import type { Demo } from './deps.ts';
import { problems } from './problem.ts';
import { type ApiServer, instantOrNull, timeOrNull } from './shapes.ts';

const demoShape = z.object({
  running: z.boolean(),
  devices: z.int().describe('How many it simulates'),
  startedAt: instantOrNull,
});

const tags = ['demo'];
const response = { 200: demoShape, ...problems };

/** The simulated fleet for newcomers. It never starts by itself. */
export function demoRoutes(api: ApiServer, demo: Demo): void {
  const state = (): z.infer<typeof demoShape> => {
    const { running, devices, startedAt } = demo.state();
    return { running, devices, startedAt: timeOrNull(startedAt) };
  };

  api.get(
    '/demo',
    { config: { access: 'viewer' }, schema: { summary: 'Whether the demo runs', tags, response } },
    async () => state(),
  );

  api.post(
    '/demo',
    {
      config: { access: 'admin' },
      schema: { summary: 'Start the demo: simulated devices that begin to fail', tags, response },
    },
    async () => {
      await demo.start();
      return state();
    },
  );

  api.delete(
    '/demo',
    { config: { access: 'admin' }, schema: { summary: 'Stop the demo; its devices and cases stay', tags, response } },
    async () => {
      await demo.stop();
      return state();
    },
  );
}
