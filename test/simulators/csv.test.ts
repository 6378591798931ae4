import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readRecording } from '../../simulators/csv.ts';

const folder = mkdtempSync(join(tmpdir(), 'aftercare-csv-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function read(text: string) {
  const file = join(folder, 'recording.csv');
  writeFileSync(file, text);
  return Array.fromAsync(readRecording(file));
}

it('reads times in three forms, names as people write them, and gaps', async () => {
  const text =
    'timestamp,Volume Flow RateRMS,door open,mode\n2014-04-01 00:00:00,1.5,true,eco\n1396310400001,,false,\n2014-04-01T02:00:00+02:00,-2e3,,boost\n';
  expect(await read(text)).toMatchObject([
    {
      at: Date.UTC(2014, 3, 1),
      signals: { volume_flow_rate_rms: 1.5, door_open: true, mode: 'eco' },
      timestamp: '2014-04-01 00:00:00',
      line: 2,
    },
    { at: 1_396_310_400_001, signals: { door_open: false }, timestamp: '1396310400001', line: 3 },
    {
      at: Date.UTC(2014, 3, 1),
      signals: { volume_flow_rate_rms: -2_000, mode: 'boost' },
      timestamp: '2014-04-01T02:00:00+02:00',
      line: 4,
    },
  ]);
});

it('takes semicolons and a datetime column', async () => {
  expect(await read('datetime;Current\n2020-02-08 13:30:47;2.1\n')).toMatchObject([
    { at: Date.UTC(2020, 1, 8, 13, 30, 47), signals: { current: 2.1 } },
  ]);
});

it.each([
  ['', 'recording.csv:1:1: the file is empty'],
  ['value,timestamp\n1,2\n', ':1:1: the first column must be timestamp, not "value"'],
  ['timestamp\n1\n', ':1:1: there is no signal beside the time'],
  ['timestamp,a\n1,1\nnoon,2\n', ':3:1: "noon" is no time'],
  ['timestamp,a\n1,1,9\n', 'Invalid Record Length'],
])('says what is wrong with %j', async (text, problem) => {
  await expect(read(text)).rejects.toThrow(problem);
});
