import { describe, expect, it } from 'vitest';
import { junitXml } from '../../src/app/junit.ts';
import { testCommand } from '../../src/app/test-command.ts';

describe('JUnit XML', () => {
  it('has a suite a file and a case a test, with what failed', () => {
    const results = [
      { file: 'a.yaml', name: 'opens', line: 7, failures: [] },
      { file: 'a.yaml', name: 'clears "soon"', line: 12, failures: ['a.yaml:15:1: expected < 2 & > 1\n  more'] },
      { file: 'b.yaml', name: 'opens', line: 3, failures: [] },
    ];
    expect(junitXml({ results, problems: [] })).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="aftercare test">
  <testsuite name="a.yaml" tests="2" failures="1" errors="0" skipped="0">
    <testcase name="opens" classname="a.yaml" file="a.yaml" line="7"/>
    <testcase name="clears &quot;soon&quot;" classname="a.yaml" file="a.yaml" line="12">
      <failure message="a.yaml:15:1: expected &lt; 2 &amp; &gt; 1">a.yaml:15:1: expected &lt; 2 &amp; &gt; 1
  more</failure>
    </testcase>
  </testsuite>
  <testsuite name="b.yaml" tests="1" failures="0" errors="0" skipped="0">
    <testcase name="opens" classname="b.yaml" file="b.yaml" line="3"/>
  </testsuite>
</testsuites>
`);
  });

  it('tells packs with problems as errors, and writes nothing that XML forbids', () => {
    const xml = junitXml({ results: [], problems: ['c.yaml:2:3: odd \u0001 sign'] });
    expect(xml).toContain('<testsuite name="packs" tests="1" failures="0" errors="1" skipped="0">');
    expect(xml).toContain('classname="c.yaml"');
    expect(xml).toContain('<error message="c.yaml:2:3: odd ? sign">');
  });

  it('is refused with a reason when its file cannot be written', async () => {
    const run = testCommand([], { junit: '/nowhere/at/all.xml', json: true });
    await expect(run).rejects.toMatchObject({ code: 'request-invalid', hint: expect.stringContaining('--junit') });
  });
});
