/** Fails loudly on our own mistakes. Never caught, never used for what the world may do. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}
