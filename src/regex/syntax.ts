import type { CodeSet } from './code-set.ts';

// The tree of a parsed pattern. Flags are resolved while parsing: a node says what it does, not under which flags.

type Mode = 'greedy' | 'lazy' | 'possessive';
export type Fold = 'none' | 'ascii' | 'unicode';

/** A condition on a position. Those with `final` in their name look past one neighbour: up to a last line end. */
export type Place =
  | 'begin'
  | 'end'
  | 'final-end'
  | 'final-end-unix'
  | 'line-begin'
  | 'line-begin-unix'
  | 'line-end'
  | 'line-end-unix'
  | 'word-edge'
  | 'no-word-edge'
  | 'unicode-word-edge'
  | 'no-unicode-word-edge'
  | 'grapheme-edge';

export interface Look {
  readonly kind: 'look';
  readonly ahead: boolean;
  readonly negated: boolean;
  readonly body: Node;
}

export interface Repeat {
  readonly kind: 'repeat';
  readonly body: Node;
  readonly min: number;
  /** Infinity where there is no upper bound. */
  readonly max: number;
  readonly mode: Mode;
}

export type Node =
  | { readonly kind: 'empty' }
  | { readonly kind: 'char'; readonly set: CodeSet }
  | { readonly kind: 'sequence'; readonly parts: readonly Node[] }
  | { readonly kind: 'either'; readonly options: readonly Node[] }
  | { readonly kind: 'group'; readonly index: number; readonly body: Node }
  | { readonly kind: 'atomic'; readonly body: Node }
  | { readonly kind: 'place'; readonly place: Place }
  | { readonly kind: 'reference'; readonly group: number; readonly fold: Fold }
  | Repeat
  | Look;

export const EMPTY: Node = { kind: 'empty' };

export function sequenceOf(parts: readonly Node[]): Node {
  const flat = parts.flatMap((part) =>
    part.kind === 'sequence' ? part.parts : part.kind === 'empty' ? [] : [part],
  );
  const [only] = flat;
  if (only === undefined) return EMPTY;
  return flat.length === 1 ? only : { kind: 'sequence', parts: flat };
}

export function eitherOf(options: readonly Node[]): Node {
  const [only] = options;
  return only !== undefined && options.length === 1 ? only : { kind: 'either', options };
}

function childrenOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'sequence':
      return node.parts;
    case 'either':
      return node.options;
    case 'group':
    case 'atomic':
    case 'repeat':
    case 'look':
      return [node.body];
    default:
      return [];
  }
}

export function someNode(node: Node, test: (node: Node) => boolean): boolean {
  return test(node) || childrenOf(node).some((child) => someNode(child, test));
}
