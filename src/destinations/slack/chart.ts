import { codeLine } from './text.ts';

interface Bar {
  readonly label: string;
  readonly count: number;
}

const LEVELS = '▁▂▃▄▅▆▇█';
/** More bars than these make one line that a phone would break. */
const MAX_COLUMNS = 31;
/** Up to these, each bar has a line of its own. */
const MAX_LINES = 8;
const BAR_COLUMNS = 16;
const LABEL_MAX = 16;

/** Bars in plain characters: some lie below each other, many stand side by side. */
export function chartText(bars: readonly Bar[]): string {
  return bars.length <= MAX_LINES ? lying(bars) : standing(bars);
}

function lying(bars: readonly Bar[]): string {
  const most = Math.max(...bars.map(({ count }) => count), 1);
  const labels = bars.map(({ label }) => codeLine(label, LABEL_MAX));
  const width = Math.max(...labels.map((label) => label.length));
  return bars
    .map(({ count }, i) => {
      const length = count === 0 ? 0 : Math.max(1, Math.round((count / most) * BAR_COLUMNS));
      return `${(labels[i] ?? '').padEnd(width)} ${'█'.repeat(length)}${length === 0 ? '' : ' '}${count.toLocaleString('en-US')}`;
    })
    .join('\n');
}

/** Neighbours are added up where they are too many. What is there at all is not drawn as nothing. */
function standing(bars: readonly Bar[]): string {
  const size = Math.ceil(bars.length / MAX_COLUMNS);
  const sums = Array.from({ length: Math.ceil(bars.length / size) }, (_, i) =>
    bars.slice(i * size, (i + 1) * size).reduce((sum, { count }) => sum + count, 0),
  );
  const most = Math.max(...sums, 1);
  const line = sums.map((sum) => LEVELS[levelOf(sum, most)] ?? '').join('');
  const [first, last] = [bars[0]?.label ?? '', bars.at(-1)?.label ?? ''].map((label) =>
    codeLine(label, LABEL_MAX),
  );
  const gap = ' '.repeat(Math.max(1, sums.length - (first?.length ?? 0) - (last?.length ?? 0)));
  const step = size === 1 ? '' : ` in ${size} steps`;
  return `${line}\n${first ?? ''}${gap}${last ?? ''}\nmost${step}: ${most.toLocaleString('en-US')} (${peak(bars)})`;
}

function levelOf(sum: number, most: number): number {
  if (sum === 0) return 0;
  return Math.max(1, Math.ceil((sum / most) * (LEVELS.length - 1)));
}

function peak(bars: readonly Bar[]): string {
  const [most] = bars.toSorted((a, b) => b.count - a.count);
  return codeLine(most?.label ?? '', LABEL_MAX);
}
