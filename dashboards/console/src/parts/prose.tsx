/** A sentence of the service: what it cites from a rule stands between backticks there, and in type of its own here. */
export function Prose({ text }: { text: string }) {
  // Pieces have no id, and the sentence changes only as a whole: every second one is cited.
  const pieces = text.split('`').map((piece, index) => ({ piece, index }));
  return pieces.map(({ piece, index }) => (index % 2 === 1 ? <code key={index}>{piece}</code> : piece));
}
