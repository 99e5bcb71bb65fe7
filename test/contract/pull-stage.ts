import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { loadSetup } from '../../src/app/load.ts';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import {
  type AktoSimulator,
  startAktoSimulator,
  type Template,
} from '../../src/demo/akto-simulator/index.ts';
import { type Ran, type RanWith, runTocsin } from '../pipeline/fake-io.ts';

const API_KEY = 'a-key-that-must-stay-hidden';
export const MANIFEST = '.tocsin-pull.json';

/** A folder with a configuration, a server with templates, and the commands that look at both. */
export class PullStage {
  readonly folder: string;
  readonly into: string;
  readonly server: AktoSimulator;

  constructor(server: AktoSimulator) {
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), 'tocsin-pull-')));
    this.into = join(this.folder, 'rules', 'pulled');
    this.server = server;
    mkdirSync(join(this.folder, 'rules'));
    this.configure([server.url]);
  }

  /** @param more further top-level keys */
  configure(urls: readonly string[], more = ''): void {
    const sources = urls.map(
      (url, i) => `  - { name: akto${i}, type: akto, url: "${url}", api_key: ${API_KEY}, timeout: 60s }\n`,
    );
    const sink = '  - { name: sink, type: webhook, url: "http://127.0.0.1:9" }\n';
    const text = `sources:\n${sources.join('')}destinations:\n${sink}${more}`;
    writeFileSync(join(this.folder, 'config.yaml'), text);
  }

  /** Runs a command line in the folder. Nothing that it says may hold the key. */
  async run(args: readonly string[], given: RanWith = {}): Promise<Ran> {
    const ran = await runTocsin(args, { cwd: this.folder, ...given });
    expect(ran.out + ran.err).not.toContain(API_KEY);
    return ran;
  }

  pull(...args: readonly string[]): Promise<Ran> {
    return this.run(['rules', 'pull', ...args]);
  }

  async pullJson(...args: readonly string[]): Promise<JsonObject> {
    const { code, out } = await this.pull('--json', ...args);
    const report: unknown = JSON.parse(out);
    return isJsonObject(report) ? { ...report, code } : expect.fail('no object');
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, 'rules', name), text);
  }

  pulled(name: string): string {
    return readFileSync(join(this.into, name), 'utf8');
  }

  rulesThere(): string[] {
    return readdirSync(this.into)
      .filter((name) => name.endsWith('.yaml'))
      .sort();
  }

  /** What the daemon would refuse to load. */
  loadErrors(): unknown[] {
    const { problems } = loadSetup({ file: 'config.yaml', cwd: this.folder, env: {} });
    return problems.filter(({ severity }) => severity === 'error');
  }

  async close(): Promise<void> {
    await this.server.close();
    if (existsSync(this.into)) chmodSync(this.into, 0o755);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A stage for each test of the file, made before it and gone after it. */
export function stageForEach(): { readonly stage: PullStage } {
  const holder: { current?: PullStage } = {};
  beforeEach(async () => {
    holder.current = new PullStage(await startAktoSimulator({ apiKey: API_KEY }));
  });
  afterEach(async () => holder.current?.close());
  return {
    get stage() {
      return holder.current ?? expect.fail('a stage is there only in a test');
    },
  };
}

export const rule = (id: string, needle = 'x', more = ''): string =>
  `id: ${id}\nfilter:\n  url:\n    contains_either: ${needle}\n${more}`;

export const template = (id: string, needle?: string, more?: string): Template => ({
  id,
  content: rule(id, needle, more),
});
