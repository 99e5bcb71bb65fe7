import type { Problem } from '../core/problem.ts';
import type { RuleTemplate, RuleTemplates } from '../core/source-knowledge.ts';
import { parseRule } from '../rules/index.ts';
import { type Standing, sha256Of } from './templates-folder.ts';
import type { Manifest, PulledFile } from './templates-manifest.ts';
import { fileNameFor } from './templates-name.ts';

export type PullOutcome = 'new' | 'changed' | 'unchanged' | 'kept' | 'skipped' | 'invalid' | 'gone';

/** What becomes of one template, or of one file that has none any more. */
export interface PullStep {
  readonly outcome: PullOutcome;
  /** The server's id; absent where the server gave none that can be used. */
  readonly id?: string;
  /** The name of its file in the folder; absent where it has none. */
  readonly file?: string;
  /** In a few words; absent where the outcome says it all. */
  readonly why?: string;
  /** What is here and what the server has, where the two are worth comparing. */
  readonly texts?: { readonly here: string; readonly server: string };
  /** Of an invalid template: what is wrong with its content. */
  readonly problems?: readonly Problem[];
  readonly content?: string;
}

/** Where a rule stands; `name` where that is in the folder. */
export interface RulePlace {
  readonly file: string;
  readonly name?: string;
}

export interface PullScene {
  readonly source: string;
  readonly force: boolean;
  readonly manifest: Manifest;
  /** Of everything in the folder. */
  readonly names: readonly string[];
  at(name: string): Standing;
  /** Every rule there is now, by its id. */
  readonly rules: ReadonlyMap<string, RulePlace>;
  /** How messages call a file of the folder. */
  shown(name: string): string;
}

export interface PullPlan {
  readonly steps: readonly PullStep[];
  /** By file name: what is to be written. */
  readonly writes: ReadonlyMap<string, string>;
  readonly manifest: Manifest;
}

/** Decides what is to be written of what the server has, and writes nothing. */
export function planPull({ templates, rejected }: RuleTemplates, scene: PullScene): PullPlan {
  const planner = new Planner(scene);
  for (const template of planner.inOrder(templates)) planner.add(template);
  for (const { id, problem } of rejected)
    planner.steps.push({ outcome: 'invalid', ...(id === undefined ? {} : { id }), why: problem });
  planner.findGone(new Set([...templates, ...rejected].map(({ id }) => id)));
  return planner;
}

class Planner implements PullPlan {
  readonly steps: PullStep[] = [];
  readonly writes = new Map<string, string>();
  readonly manifest: Map<string, PulledFile>;
  readonly #scene: PullScene;
  readonly #rules: Map<string, RulePlace>;
  /** File names in lower case: some file systems do not tell them apart. */
  readonly #taken: Set<string>;
  readonly #files: ReadonlyMap<string, string>;

  constructor(scene: PullScene) {
    this.#scene = scene;
    this.manifest = new Map(scene.manifest);
    this.#rules = new Map(scene.rules);
    this.#taken = new Set([...scene.manifest.keys()].map((name) => name.toLowerCase()));
    const own = [...scene.manifest].filter(([, { source }]) => source === scene.source);
    this.#files = new Map(own.map(([name, { id }]) => [id, name]));
  }

  /** Those that have a file first, then by id: neither names nor which of two wins may depend on the server's order. */
  inOrder(templates: readonly RuleTemplate[]): readonly RuleTemplate[] {
    const rank = ({ id }: RuleTemplate): number => (this.#files.has(id) ? 0 : 1);
    return templates.toSorted((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1));
  }

  add(template: RuleTemplate): void {
    const { id } = template;
    const file = this.#files.get(id) ?? this.#newName(id);
    const text = withOneEnd(template.content);
    const { rule, problems } = parseRule(text, this.#scene.shown(file));
    if (rule === undefined) {
      const errors = problems.filter(({ severity }) => severity === 'error');
      this.steps.push({ outcome: 'invalid', id, file, problems: errors, content: text });
      return;
    }
    const sha256 = sha256Of(text);
    const pulled = this.manifest.get(file);
    const standing = this.#scene.at(file);
    const decision = decide(pulled, standing, sha256, this.#scene.force);
    const holder = this.#rules.get(rule.id);
    const writes = decision.outcome === 'new' || decision.outcome === 'changed';
    if (writes && holder !== undefined && holder.name !== file) {
      const why = `the rule id ${JSON.stringify(rule.id)} is in ${holder.file}`;
      this.steps.push({ outcome: 'skipped', id, file, why });
      return;
    }
    if (writes) this.#write(file, text, rule.id);
    if (decision.outcome !== 'kept') this.manifest.set(file, entryOf(template, this.#scene.source, sha256));
    const compare = decision.compare === true && standing.kind === 'file';
    const texts = compare ? { texts: { here: standing.text, server: text } } : {};
    this.steps.push({ outcome: decision.outcome, id, file, ...whyOf(decision), ...texts });
  }

  /** What the server has no more stays: taking it away would silence a rule without a word. */
  findGone(ids: ReadonlySet<string | undefined>): void {
    for (const [file, { source, id }] of this.#scene.manifest) {
      if (source !== this.#scene.source || ids.has(id)) continue;
      if (this.#scene.at(file).kind === 'absent') this.manifest.delete(file);
      else this.steps.push({ outcome: 'gone', id, file, why: GONE });
    }
  }

  #write(file: string, text: string, rule: string): void {
    this.writes.set(file, text);
    for (const [id, { name }] of this.#rules) if (name === file) this.#rules.delete(id);
    this.#rules.set(rule, { file: this.#scene.shown(file), name: file });
  }

  #newName(id: string): string {
    const name = fileNameFor(id, (candidate) => {
      const lower = candidate.toLowerCase();
      const isOther = (there: string): boolean => there !== candidate && there.toLowerCase() === lower;
      return !this.#taken.has(lower) && !this.#scene.names.some(isOther);
    });
    this.#taken.add(name.toLowerCase());
    return name;
  }
}

const GONE = 'no longer on the server; its rule stays in force until you delete the file';

export interface Decision {
  readonly outcome: 'new' | 'changed' | 'unchanged' | 'kept';
  readonly why?: string;
  /** Whether here and there are worth comparing. */
  readonly compare?: boolean;
}

/**
 * What becomes of a template that could run.
 * @param pulled what is remembered of its file
 * @param sha256 of what the server has now
 * @param force takes the server's, whatever was done to the file here
 */
export function decide(
  pulled: PulledFile | undefined,
  standing: Standing,
  sha256: string,
  force: boolean,
): Decision {
  if (standing.kind === 'other') return { outcome: 'kept', why: 'a link or a folder is in the way' };
  if (standing.kind === 'absent') {
    if (pulled?.sha256 === undefined || force) return { outcome: 'new' };
    return { outcome: 'kept', why: 'deleted here' };
  }
  if (standing.sha256 === sha256) return { outcome: 'unchanged' };
  const isOurs = standing.sha256 === pulled?.sha256 || standing.sha256 === pulled?.writing;
  if (isOurs || force) return { outcome: 'changed', compare: true };
  if (pulled === undefined) return { outcome: 'kept', why: 'not written by a pull', compare: true };
  if (pulled.sha256 === sha256) return { outcome: 'kept', why: 'edited here' };
  return { outcome: 'kept', why: 'edited here, and changed on the server', compare: true };
}

function whyOf({ why }: Decision): { why?: string } {
  return why === undefined ? {} : { why };
}

function entryOf({ id, updatedAtMs }: RuleTemplate, source: string, sha256: string): PulledFile {
  return { source, id, sha256, ...(updatedAtMs === undefined ? {} : { updatedAtMs }) };
}

/** The server's text as it is, but for the line ends behind it: one, so that files look like files. */
function withOneEnd(content: string): string {
  let end = content.length;
  while (end > 0 && (content[end - 1] === '\n' || content[end - 1] === '\r')) end -= 1;
  return `${content.slice(0, end)}\n`;
}
