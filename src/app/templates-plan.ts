import type { Problem } from '../core/problem.ts';
import type { RuleTemplate, RuleTemplates } from '../core/source-knowledge.ts';
import { BUILT_IN_IDS, isCatchAll, parseRule, type Rule } from '../rules/index.ts';
import { type Decision, decide } from './templates-decide.ts';
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
  /** Ids of the rules in the folder, by their file's name. */
  readonly #ruleIn: Map<string, string>;
  /** File names in lower case: some file systems do not tell them apart. */
  readonly #taken: Set<string>;
  readonly #files: ReadonlyMap<string, string>;
  /** What is in the folder, by its name in lower case. */
  readonly #standing: ReadonlyMap<string, readonly string[]>;

  constructor(scene: PullScene) {
    this.#scene = scene;
    this.manifest = new Map(scene.manifest);
    this.#rules = new Map(scene.rules);
    const inFolder = [...scene.rules].flatMap(([id, { name }]): [string, string][] =>
      name === undefined ? [] : [[name, id]],
    );
    this.#ruleIn = new Map(inFolder);
    this.#standing = Map.groupBy(scene.names, (name) => name.toLowerCase());
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
    const there: There = { file, text, sha256: sha256Of(text), standing: this.#scene.at(file) };
    const decision = decide(this.manifest.get(file), there.standing, there.sha256, this.#scene.force);
    // What is there already and was read as a rule need not be read again.
    const isRead = decision.outcome === 'unchanged' && this.#ruleIn.has(file);
    const refusal = isRead ? undefined : this.#refusal(decision, there);
    if (refusal === undefined && decision.outcome !== 'kept')
      this.manifest.set(file, entryOf(template, this.#scene.source, there.sha256));
    this.steps.push({ id, file, ...(refusal ?? this.#flagged(outcomeOf(decision, there), text)) });
  }

  /** Why the template's rule must not be in the file; where nothing speaks against it, it is written. */
  #refusal({ outcome }: Decision, { file, text }: There): PullStep | undefined {
    const { rule, problems } = parseRule(text, this.#scene.shown(file));
    if (rule === undefined) {
      const errors = problems.filter(({ severity }) => severity === 'error');
      return { outcome: 'invalid', problems: errors, content: text };
    }
    if (outcome !== 'new' && outcome !== 'changed') return undefined;
    const holder = this.#rules.get(rule.id);
    if (holder !== undefined && holder.name !== file)
      return { outcome: 'skipped', why: `the rule id ${JSON.stringify(rule.id)} is in ${holder.file}` };
    this.#write(file, text, rule.id);
    return undefined;
  }

  /** A template whose logic is code at Akto says so, wherever it goes into force. */
  #flagged(step: PullStep, text: string): PullStep {
    if (step.outcome === 'kept') return step;
    const { rule } = parseRule(text);
    const why = rule && whyNotItself(rule);
    return why === undefined ? step : { ...step, why };
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
    const before = this.#ruleIn.get(file);
    if (before !== undefined) this.#rules.delete(before);
    this.#rules.set(rule, { file: this.#scene.shown(file), name: file });
    this.#ruleIn.set(file, rule);
  }

  #newName(id: string): string {
    const name = fileNameFor(id, (candidate) => {
      const lower = candidate.toLowerCase();
      const there = this.#standing.get(lower) ?? [];
      return !this.#taken.has(lower) && there.every((other) => other === candidate);
    });
    this.#taken.add(name.toLowerCase());
    return name;
  }
}

function whyNotItself(rule: Rule): string | undefined {
  if (isCatchAll(rule))
    return 'it matches every request, since its logic is code at Akto; it is limited to the events with its filter_id';
  return BUILT_IN_IDS.has(rule.id)
    ? 'Akto judges by code of its own under this id; here the YAML runs'
    : undefined;
}

const GONE = 'no longer on the server; its rule stays in force until you delete the file';

/** A template beside what stands under its file's name. */
interface There {
  readonly file: string;
  readonly text: string;
  readonly sha256: string;
  readonly standing: Standing;
}

function outcomeOf({ outcome, why, compare }: Decision, { standing, text }: There): PullStep {
  const isCompared = compare === true && standing.kind === 'file';
  return {
    outcome,
    ...(why === undefined ? {} : { why }),
    ...(isCompared ? { texts: { here: standing.text, server: text } } : {}),
  };
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
