import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ProgramResult } from '../servers.ts';
import { runAftercare, type ServiceProcess, startService } from '../service-process.ts';

const kettle = (limit: number): string => `product: kettle
title: Kettle
signals: { water: { unit: Cel, kind: gauge } }
failureModes: { boils-dry: { title: Boils dry } }
rules: [{ id: too-hot, when: 'water > ${limit}.0', failureMode: boils-dry }]
`;

const folder = mkdtempSync(join(tmpdir(), 'aftercare-import-'));
const file = join(folder, 'kettle.yaml');
let service: ServiceProcess;
beforeAll(async () => {
  service = await startService({ data: join(folder, 'data') });
});
afterAll(async () => {
  await service.stop();
  rmSync(folder, { recursive: true });
});

function run(...args: string[]): Promise<ProgramResult> {
  return runAftercare([...args, '--url', service.url], { AFTERCARE_TOKEN: service.token });
}

it('publishes packs in the running service, says what changed, and gives them back as they were', async () => {
  writeFileSync(file, kettle(100));
  expect(await run('import', file)).toMatchObject({ code: 0, stdout: `${file}: version 1 of kettle is published\n` });
  const { status } = await service.api('POST', '/devices', { id: 'k-1', product: 'kettle' });
  expect(status).toBe(201);

  writeFileSync(file, kettle(90));
  const again = await run('import', file);
  expect(again.stdout).toBe(
    `${file}: version 2 of kettle is published\n  ~ rules.too-hot.when: water > 100.0 → water > 90.0\n`,
  );
  expect((await run('import', file)).stdout).toContain('is in force already');

  expect((await run('export', 'kettle')).stdout).toBe(kettle(90));
  expect((await run('export', 'kettle', '--pack-version', '1')).stdout).toBe(kettle(100));
  const to = join(folder, 'exported');
  expect((await run('export', '--to', to)).code).toBe(0);
  expect(readFileSync(join(to, 'kettle.yaml'), 'utf8')).toBe(kettle(90));
});

it('publishes nothing when one of the packs has a problem: 1', async () => {
  const wrong = join(folder, 'wrong.yaml');
  writeFileSync(wrong, kettle(80).replace('water >', 'wader >').replace('product: kettle', 'product: wrong'));
  const result = await run('import', wrong, file);
  expect(result.code).toBe(1);
  expect(result.stdout).toMatch(/wrong\.yaml:5:\d+: /);
  expect((await service.api('GET', '/products/wrong')).status).toBe(404);
});

it('keeps what was imported when it starts again, until the file in the products folder says something new', async () => {
  const products = join(folder, 'products');
  const data = join(folder, 'restarted');
  mkdirSync(products);
  const own = join(products, 'kettle.yaml');
  writeFileSync(own, kettle(100));
  const versions = async (): Promise<number> => {
    const started = await startService({ data, products });
    const { body } = await started.api<{ items: { version: number }[] }>('GET', '/products/kettle/versions');
    await started.stop();
    return body.items[0]?.version ?? 0;
  };
  expect(await versions()).toBe(1);
  const started = await startService({ data, products });
  await started.api('POST', '/products', { file: 'kettle.yaml', source: kettle(90) });
  await started.stop();
  expect(await versions()).toBe(2);
  writeFileSync(own, kettle(80));
  expect(await versions()).toBe(3);
});

it('says what is wrong with the call: 2', async () => {
  expect((await run('import', join(folder, 'absent.yaml'))).code).toBe(2);
  expect((await run('export', 'absent')).code).toBe(2);
  const nowhere = await runAftercare(['import', file, '--url', 'http://127.0.0.1:9'], {
    AFTERCARE_TOKEN: service.token,
  });
  expect(nowhere).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no service') });
});
