import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { RuleTemplates } from '../core/source-knowledge.ts';
import { loadRules } from './rule-files.ts';
import { TemplateFolder } from './templates-folder.ts';
import { isUnder, real, shownFrom } from './templates-place.ts';
import { type PullStep, planPull, type RulePlace } from './templates-plan.ts';

export { PullError } from './templates-folder.ts';
export { defaultFolder, shownFrom } from './templates-place.ts';
export type { PullOutcome, PullStep } from './templates-plan.ts';

export interface PullOptions {
  /** The source's name. */
  readonly source: string;
  /** The folder to write into, absolute. */
  readonly into: string;
  /** Where the configuration has its rules, absolute. */
  readonly rulePaths: readonly string[];
  /** What messages name files from. */
  readonly cwd: string;
  /** Takes the server's text over what was edited, deleted or written here. */
  readonly force: boolean;
  readonly dryRun: boolean;
}

export interface PullReport {
  /** In the order of the files' names, what has none last. */
  readonly steps: readonly PullStep[];
  /** Whether the configuration's rules include the folder. */
  readonly inUse: boolean;
}

/** Writes templates as rule files, so that no rule there is stops being read. Throws {@link PullError}. */
export function pullTemplates(templates: RuleTemplates, options: PullOptions, nowMs: number): PullReport {
  const { source, into, rulePaths, cwd, force } = options;
  const folder = new TemplateFolder(into);
  const plan = planPull(templates, {
    ...{ source, force, manifest: folder.manifest, names: folder.names },
    at: (name) => folder.at(name),
    rules: rulesIn([...rulePaths, into], into, cwd),
    shown: (name) => shownFrom(cwd, join(into, name)),
  });
  if (!options.dryRun) folder.write(plan.writes, plan.manifest, nowMs);
  return { steps: plan.steps.toSorted(byFile), inUse: isUnder(into, rulePaths) };
}

/** Every rule that is there, by its id. What does not parse is told by `tocsin check`. */
function rulesIn(paths: readonly string[], into: string, cwd: string): ReadonlyMap<string, RulePlace> {
  const inside = real(into);
  const { rules } = loadRules(paths.filter((path) => existsSync(path)));
  return new Map(
    rules.map(({ id, file = '' }): [string, RulePlace] => {
      const place = { file: shownFrom(cwd, file) };
      return [id, real(dirname(file)) === inside ? { ...place, name: basename(file) } : place];
    }),
  );
}

function byFile(a: PullStep, b: PullStep): number {
  const nameOf = ({ file, id }: PullStep): string => file ?? `\uffff${id ?? ''}`;
  return nameOf(a) < nameOf(b) ? -1 : 1;
}
