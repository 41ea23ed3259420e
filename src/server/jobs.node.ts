/**
 * Training started from the page: each run is a process of this same command line, so that the server stays quick and
 * a run that fails takes nothing with it.
 *
 * A run is stopped as by Ctrl-C: after its step, everything saved. The processes belong to the server: when it stops
 * they are stopped so too, and one that the server leaves behind ends at its next line of progress, since nobody reads
 * it; either can be resumed. Runs of other processes are not touched.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { dataSets } from '../data/registry.ts';
import { type ErrorCode, errorCodes, LookbackError } from '../errors.ts';
import { formatRecipe, parseRecipe, parseRecipeText, type Recipe } from '../tasks/recipe.ts';
import { Run } from '../track/node.ts';
import { isResumable } from './details.node.ts';
import { isInside, type RunsFolder } from './runs.node.ts';

/** Most runs of the page at once; each uses all cores. */
const mostJobs = 4;

/** How often the new run's folder is looked for, and how long; milliseconds. Data may have to be downloaded first. */
const lookEvery = 30;
const startWithin = 300_000;

/** Characters kept of what a process says before its run has started. */
const keptWords = 1 << 20;

interface Job {
  readonly child: ChildProcess;
  stopping: boolean;
}

export class Jobs {
  readonly #runs: RunsFolder;
  readonly #command: readonly string[];
  readonly #byRun = new Map<string, Job>();
  readonly #children = new Set<ChildProcess>();

  /** @param command the command line of Lookback, such as `node bin/lookback.mjs` */
  constructor(runs: RunsFolder, command: readonly string[]) {
    this.#runs = runs;
    this.#command = command;
  }

  /** Runs going on that were started here. */
  get count(): number {
    return this.#children.size;
  }

  has(name: string): boolean {
    return this.#byRun.has(name);
  }

  /**
   * Starts a recipe and returns the new run's name, once it has its folder.
   *
   * @throws RECIPE_INVALID, also for data outside the runs folder and the working directory; RUN_BUSY when too many
   *   runs are going; whatever the run fails with before it starts
   */
  async start(recipeText: string): Promise<string> {
    const recipe = parseRecipeText(recipeText, 'recipe');
    this.#checkSources(recipe);
    this.#checkRoom();
    const folder = mkdtempSync(join(tmpdir(), 'lookback-recipe-'));
    try {
      const path = join(folder, 'recipe.yaml');
      writeFileSync(path, formatRecipe(recipe));
      const before = new Set(this.#folders());
      return await this.#launch(['train', path], () => this.#folders().filter((name) => !before.has(name)));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /** Goes on with a run. RUN_NOT_FOUND, RUN_BUSY, BAD_ARGUMENT for one that is not to be resumed, and as `start`. */
  async resume(name: string): Promise<void> {
    const row = this.#runs.row(name);
    if (row.status === 'running' || this.has(name)) {
      throw new LookbackError('RUN_BUSY', { where: `run ${name}`, problem: 'it is going on' });
    }
    if (!isResumable(row)) {
      throw new LookbackError('BAD_ARGUMENT', {
        where: `run ${name}`,
        expected: 'a run that was stopped or interrupted, or failed',
        got: `one that is ${row.status}`,
        next: 'Start a new run with its recipe',
      });
    }
    const folder = this.#runs.folder(name);
    this.#checkSources(parseRecipe(new Run(folder).recipe(), `run ${name}`));
    this.#checkRoom();
    // A name may begin with a dash, a path that begins with a dot does not.
    await this.#launch(['resume', `./${name}`], () => [name]);
  }

  /** Asks a run to stop after its step. RUN_NOT_FOUND; RUN_BUSY for one that another process trains. */
  stop(name: string): void {
    const { status } = this.#runs.row(name);
    const job = this.#byRun.get(name) ?? this.#adopt(name);
    if (!job && status === 'running') {
      throw new LookbackError('RUN_BUSY', {
        where: `run ${name}`,
        problem: 'it was not started from this studio',
        next: 'Press Ctrl-C where it was started',
      });
    }
    if (!job || job.stopping) return;
    // A second one would end it in the middle of a step.
    job.stopping = true;
    job.child.kill('SIGINT');
  }

  /** Stops every run and waits for them; those that take longer than `patience` milliseconds are killed. */
  async close({ patience = 30_000 }: { patience?: number } = {}): Promise<void> {
    const started = new Map([...this.#byRun.values()].map((job) => [job.child, job]));
    const ends = [...this.#children].map(
      (child) =>
        new Promise<void>((done) => {
          child.once('close', () => done());
          if (!started.get(child)?.stopping) child.kill('SIGINT');
        }),
    );
    const late = setTimeout(() => {
      for (const child of this.#children) child.kill('SIGKILL');
    }, patience);
    await Promise.all(ends);
    clearTimeout(late);
  }

  /** Starts a process and waits until it holds the lock of one of the candidates; returns that run's name. */
  async #launch(words: readonly string[], candidates: () => readonly string[]): Promise<string> {
    const [program, ...before] = this.#command;
    // A group of its own, for Ctrl-C on the terminal goes to a whole group and the server passes it on itself.
    const child = spawn(program, [...before, ...words, '--runs', this.#runs.root, '--json'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    this.#children.add(child);
    let said = '';
    const listen = (part: Buffer) => {
      said = (said + part).slice(-keptWords);
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    let ended = false;
    const end = new Promise<void>((done) => {
      const leave = () => {
        ended = true;
        this.#children.delete(child);
        for (const [name, job] of this.#byRun) if (job.child === child) this.#byRun.delete(name);
        done();
      };
      child.once('close', leave);
      child.once('error', (error) => {
        listen(Buffer.from(`${JSON.stringify({ code: 'INTERNAL', message: error.message })}\n`));
        leave();
      });
    });
    const deadline = performance.now() + startWithin;
    while (!ended && performance.now() < deadline) {
      const name = candidates().find((candidate) => this.#holds(child, candidate));
      if (name !== undefined) {
        if (!this.#byRun.has(name)) this.#byRun.set(name, { child, stopping: false });
        child.stdout.off('data', listen).resume();
        child.stderr.off('data', listen).resume();
        return name;
      }
      await Promise.race([end, new Promise((wake) => setTimeout(wake, lookEvery))]);
    }
    if (!ended) {
      child.kill('SIGKILL');
      throw new LookbackError('RUN_BUSY', { where: 'the new run', problem: 'it did not start within five minutes' });
    }
    const lines = said.split('\n').map(parseLine);
    const result = lines.findLast((line) => line.event === 'result');
    if (typeof result?.run === 'string') return result.run;
    const error = lines.findLast((line) => line.message !== undefined);
    throw passedOn(error, said);
  }

  /** The process that writes a run and has not been looked at since it took the lock. */
  #adopt(name: string): Job | undefined {
    const child = [...this.#children].find((one) => this.#holds(one, name));
    const job = child && { child, stopping: false };
    if (job) this.#byRun.set(name, job);
    return job;
  }

  /** Whether the process is the one that writes the run. */
  #holds(child: ChildProcess, name: string): boolean {
    const folder = join(this.#runs.root, name);
    if (!existsSync(join(folder, 'run.json'))) return false;
    return readdirSync(folder).some((file) => file.startsWith(`lock-${child.pid}-`));
  }

  #folders(): string[] {
    return existsSync(this.#runs.root) ? readdirSync(this.#runs.root) : [];
  }

  #checkRoom(): void {
    if (this.count < mostJobs) return;
    throw new LookbackError('RUN_BUSY', {
      where: 'studio',
      problem: `${mostJobs} runs are going on`,
      next: 'Stop one, or wait for its end',
    });
  }

  /** What the page may have read: registered sets, and files of the runs folder or the working directory. */
  #checkSources({ data }: Recipe): void {
    const sources = 'sources' in data && data.sources ? data.sources : data.source ? [data.source] : [];
    for (const source of sources) {
      if (dataSets.some(({ name }) => name === source)) continue;
      const path = resolve(source);
      if (isInside(path, this.#runs.root) || isInside(path, process.cwd())) continue;
      throw new LookbackError('RECIPE_INVALID', {
        where: 'data.source',
        expected: 'a registered data set, or a file of the working directory or the runs folder',
        got: JSON.stringify(source.slice(0, 200)),
        next: `Known sets: ${dataSets.map(({ name }) => name).join(', ')}`,
      });
    }
  }
}

/** A line of JSON as its fields; none for any other line. */
function parseLine(line: string): Record<string, unknown> {
  try {
    return { ...(JSON.parse(line) as Record<string, unknown> | null) };
  } catch {
    return {};
  }
}

/** The error a process ended with, as its own code. */
function passedOn(error: Record<string, unknown> | undefined, said: string): LookbackError {
  const code = typeof error?.code === 'string' && error.code in errorCodes ? (error.code as ErrorCode) : 'BAD_ARGUMENT';
  const message = typeof error?.message === 'string' ? error.message : said.trim().slice(-500);
  const [, where = 'the run', problem = message] = /^([^:\n]{1,100}): ([\s\S]*)$/.exec(message) ?? [];
  return new LookbackError(code, { where, problem: (problem || 'it ended before it began').replace(/\.$/, '') });
}
