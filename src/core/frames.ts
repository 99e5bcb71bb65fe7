/** Where an error was thrown, without its message: that may hold what an attacker wrote, or a secret. */
export function framesOf(error: unknown): readonly string[] {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return stack
    .split('\n')
    .filter((line) => /^ +at /.test(line))
    .map((line) => line.trim())
    .slice(0, 8);
}
