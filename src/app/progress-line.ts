const progressEveryMs = 200;

/** Shows one line on stderr that changes, on a terminal only; an empty one takes it away. */
export function progressLine(): (line: string) => void {
  let shownAt = 0;
  return (line) => {
    const isDue = line === '' || performance.now() - shownAt >= progressEveryMs;
    if (!process.stderr.isTTY || !isDue) return;
    shownAt = performance.now();
    process.stderr.write(`\r\u001b[K${line}`);
  };
}
