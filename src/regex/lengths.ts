import type { Node } from './syntax.ts';

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
