import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Alphabet } from './alphabet.ts';
import { Stepper } from './automaton.ts';
import { BitSimulation } from './bit-simulation.ts';
import { asksForBase, setsAskedBy } from './conditions.ts';
import { parsePattern } from './parse.ts';
import { plainForm } from './plain.ts';
import { compileProgram } from './program.ts';
import type { Node } from './syntax.ts';

/** Steps both over a text, with oracle bits that change as they please; gives where they differ. */
function differences(root: Node, text: string, backward: boolean): number[] {
  const program = compileProgram([root], { backward, relaxed: false });
  const { sets, conditions } = program;
  const alphabet = new Alphabet([...sets, ...conditions.flatMap(setsAskedBy)], conditions.some(asksForBase));
  const stepper = new Stepper(program, alphabet, backward);
  const bits = BitSimulation.of(program, alphabet, stepper.conditions, backward);
  const { classes, length } = alphabet.read(text, new Uint16Array(text.length));
  let alive = new Int32Array(0);
  let kind = stepper.conditions.kinds[alphabet.size] ?? 0;
  bits?.begin(alive, kind);
  const wrong: number[] = [];
  for (let i = 0; i <= length; i++) {
    const base = i === length ? alphabet.size : (classes[backward ? length - 1 - i : i] ?? 0);
    const sign = { base, mask: (i * 7) & 7 };
    const step = stepper.step(alive, kind, sign);
    if (bits?.step(sign) !== step.ended.length > 0) wrong.push(i);
    alive = new Int32Array(step.alive);
    kind = stepper.conditions.kinds[base] ?? 0;
  }
  return wrong;
}

it('steps as the plain automaton steps, both ways', () => {
  const lines = readFileSync('test/fixtures/regex/java.jsonl', 'utf8').trimEnd().split('\n');
  for (const line of lines) {
    const [source, found, missed]: [string, string[]?, string[]?] = JSON.parse(line);
    const root = found && plainForm(parsePattern(source).root);
    if (root === undefined) continue;
    for (const text of [...(found ?? []), ...(missed ?? []), 'a\nbab xa.1aabb\r\n']) {
      expect([...differences(root, text, false), ...differences(root, text, true)], source).toEqual([]);
    }
  }
});
