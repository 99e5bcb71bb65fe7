/** `1 match`, `12 matches`: whatever is counted in a message for people. */
export function counted(count: number, one: string, several = `${one}s`): string {
  return `${count} ${count === 1 ? one : several}`;
}
