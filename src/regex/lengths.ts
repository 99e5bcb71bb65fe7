import { type Node, type Repeat, someNode } from './syntax.ts';

/** How many code points a node can consume; `max` is Infinity where nothing bounds it. */
export interface Length {
  readonly min: number;
  readonly max: number;
}

export function lengthOf(node: Node): Length {
  switch (node.kind) {
    case 'char':
      return { min: 1, max: 1 };
    case 'sequence':
      return node.parts.map(lengthOf).reduce((a, b) => ({ min: a.min + b.min, max: a.max + b.max }));
    case 'either':
      return node.options
        .map(lengthOf)
        .reduce((a, b) => ({ min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) }));
    case 'repeat': {
      const body = lengthOf(node.body);
      return { min: body.min * node.min, max: body.max === 0 ? 0 : node.max === 0 ? 0 : body.max * node.max };
    }
    case 'group':
    case 'atomic':
      return lengthOf(node.body);
    case 'reference':
      return { min: 0, max: Number.POSITIVE_INFINITY };
    default:
      return { min: 0, max: 0 };
  }
}

/** Java's rule for look-behinds: beyond single characters, nothing may repeat without end. */
export function hasObviousMaximum(node: Node): boolean {
  return !someNode(node, (part) => {
    if (part.kind === 'reference') return true;
    return part.kind === 'repeat' && part.max === Number.POSITIVE_INFINITY && !isPlainRun(part);
  });
}

function isPlainRun({ body, mode }: Repeat): boolean {
  const inner = body.kind === 'group' ? body.body : body;
  return inner.kind === 'char' && mode === 'greedy';
}
