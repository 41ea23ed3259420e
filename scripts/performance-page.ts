/**
 * Writes docs/performance.md and its figures: how training speed and memory grow with width, context, batch and threads,
 * beside the machine's limit, and what limits each point. `npx tsx scripts/performance-page.ts [seconds] [folder]`; about
 * three minutes at a second a point on two cores. Run it on a quiet machine.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { setBackend } from '../src/backends/backend.ts';
import { createBackend } from '../src/backends/init.ts';
import { type Profile, startProfile } from '../src/backends/profile.ts';
import { measureLimits } from '../src/bench/limits.ts';
import { othersLoad } from '../src/bench/load.node.ts';
import { either, type Limits, type LoadMeter, measure } from '../src/bench/measure.ts';
import { Neighbours } from '../src/bench/neighbours.ts';
import { type GptShape, gptFlopsPerToken, gptTraining, withTraining } from '../src/bench/train.ts';
import { figure, Plot, palette } from '../src/figures/figure.ts';

const seconds = Number(process.argv[2] ?? 1);
const docs = process.argv[3] ?? 'docs';
const most = availableParallelism();
const base: GptShape = { layers: 4, heads: 4, width: 128, context: 64, batch: 12 };
/** Tokens in a batch while the context grows. */
const tokens = 4096;

const doubling = (from: number, to: number) =>
  Array.from({ length: Math.round(Math.log2(to / from)) + 1 }, (_, i) => from * 2 ** i);

interface Point {
  at: number;
  tokensPerSecond: number;
  /** Of the multiply-add limit at that number of threads. */
  share: number;
  /** Largest sum of live blocks, bytes. */
  memory: number;
  limit: string;
  quiet: boolean;
}

interface Sweep {
  key: 'width' | 'context' | 'batch' | 'threads';
  title: string;
  note: string;
  values: readonly number[];
  shape(value: number): GptShape;
}

const sweeps: readonly Sweep[] = [
  {
    key: 'width',
    title: 'Width',
    note: '4 layers, heads of 32 channels, context 64, batch 12. Products grow with the square of the width.',
    values: doubling(64, 1024),
    shape: (width) => ({ ...base, width, heads: width / 32 }),
  },
  {
    key: 'context',
    title: 'Context',
    note: `GPT-a’s width and depth, ${tokens} tokens a batch in all: what grows is the attention, in time and not in memory.`,
    values: doubling(64, 4096),
    shape: (context) => ({ ...base, context, batch: tokens / context }),
  },
  {
    key: 'batch',
    title: 'Batch',
    note: 'GPT-a with more or fewer sequences of 64 tokens at once.',
    values: doubling(1, 64),
    shape: (batch) => ({ ...base, batch }),
  },
  {
    key: 'threads',
    title: 'Threads',
    note: 'GPT-a on some of the cores.',
    values: Array.from({ length: most }, (_, i) => i + 1),
    shape: () => base,
  },
];

/** What takes the time, from a profile of some steps. */
function limitedBy({ operations, kernelShare, seconds: all }: Profile, share: number): string {
  const products = /linear|feedForward|matmul|gemm/;
  const part = (matches: (name: string) => boolean) =>
    operations.filter(({ name }) => matches(name)).reduce((sum, one) => sum + one.seconds, 0) / all;
  const parts: [string, number][] = [
    ['products', part((name) => products.test(name))],
    ['attention', part((name) => name.startsWith('attention'))],
    ['memory: norms, activations, updates', part((name) => !products.test(name) && !name.startsWith('attention'))],
    ['calls: shapes, tape, scopes', 1 - kernelShare],
  ];
  parts.sort((a, b) => b[1] - a[1]);
  const [[first, most], [second, next]] = parts;
  const told = `${first} ${(100 * most).toFixed(0)} %, ${second} ${(100 * next).toFixed(0)} %`;
  return share > 0.75 ? `multiply-add (${told})` : told;
}

const meters = new Map<number, LoadMeter>();
/** One meter for all points on so many threads: it compares with the best it ever saw. */
function meterOf(threads: number): LoadMeter {
  const meter = meters.get(threads) ?? either(othersLoad, new Neighbours(threads).meter);
  meters.set(threads, meter);
  return meter;
}

async function point(sweep: Sweep, at: number, limits: Map<number, Limits>): Promise<Point> {
  const threads = sweep.key === 'threads' ? at : most;
  // A backend of its own: its peak is this point's.
  const backend = await createBackend({ threads });
  setBackend(backend);
  const options = { seconds, meter: meterOf(threads) };
  const limit = limits.get(threads) ?? measureLimits({ ...options, seconds: 0.5 });
  limits.set(threads, limit);
  const fresh = await createBackend({ threads });
  setBackend(fresh);
  const shape = sweep.shape(at);
  const made = withTraining(
    () => gptTraining(shape),
    ({ step }) => {
      const timing = measure(step, { ...options, warmup: 1 });
      const profiler = startProfile(fresh);
      for (let i = 0; i < 3; i++) step();
      return { timing, profile: profiler.stop(), memory: fresh.memory().peak };
    },
  );
  const tokensPerSecond = (shape.batch * shape.context) / made.timing.median;
  const share = (tokensPerSecond * gptFlopsPerToken(shape)) / limit.flops;
  const { quiet } = made.timing;
  return { at, tokensPerSecond, share, memory: made.memory, limit: limitedBy(made.profile, share), quiet };
}

async function draw(sweep: Sweep, points: readonly Point[]): Promise<string> {
  const rows = points.flatMap(({ at, tokensPerSecond, memory }) => [
    { at, value: tokensPerSecond, what: 'tokens a second' },
    { at, value: memory / 1e6, what: 'memory, MB' },
  ]);
  return figure({
    title: `Training speed and memory against ${sweep.key}`,
    subtitle: sweep.note,
    height: 300,
    marginLeft: 60,
    x: { type: 'log', base: 2, label: sweep.key, ticks: [...sweep.values], tickFormat: String },
    y: { type: 'log', label: null, grid: true, tickFormat: '~s' },
    color: { domain: ['tokens a second', 'memory, MB'], range: [palette[0], palette[1]] },
    marks: [
      Plot.line(rows, { x: 'at', y: 'value', stroke: 'what', strokeWidth: 2 }),
      Plot.dot(rows, { x: 'at', y: 'value', fill: 'what', r: 3.5 }),
      Plot.text(
        rows.filter(({ at }) => at === sweep.values[sweep.values.length >> 1]),
        { x: 'at', y: 'value', text: 'what', fill: 'what', dy: -12, fontWeight: 600 },
      ),
    ],
  });
}

const started = performance.now();
const limits = new Map<number, Limits>();
const folder = join(docs, 'performance');
mkdirSync(folder, { recursive: true });
const sections: string[] = [];
let noisy = 0;
for (const sweep of sweeps) {
  const points: Point[] = [];
  for (const value of sweep.values) {
    const one = await point(sweep, value, limits);
    points.push(one);
    if (!one.quiet) noisy++;
    console.error(`${sweep.key} ${value}: ${one.tokensPerSecond.toFixed(0)} tokens/s, ${one.limit}`);
  }
  writeFileSync(join(folder, `${sweep.key}.svg`), await draw(sweep, points));
  const rows = points.map(
    ({ at, tokensPerSecond, share, memory, limit }) =>
      `| ${at} | ${Math.round(tokensPerSecond).toLocaleString('en')} | ${(100 * share).toFixed(0)} % | ${(memory / 1e6).toFixed(1)} | ${limit} |`,
  );
  sections.push(
    `## ${sweep.title}\n\n${sweep.note}\n\n![Training speed and memory against ${sweep.key}](performance/${sweep.key}.svg)\n`,
    `| ${sweep.key} | tokens/s | of the multiply-add limit | memory, MB | the time goes to |\n|---:|---:|---:|---:|---|\n${rows.join('\n')}\n`,
  );
}
const reached = [...limits]
  .sort((a, b) => a[0] - b[0])
  .map(([threads, { flops, bytes }]) => {
    const [gigaflops, gigabytes] = [flops / 1e9, bytes / 1e9].map((value) => value.toFixed(0));
    return `${gigaflops} GFLOP/s and ${gigabytes} GB/s on ${threads} thread${threads === 1 ? '' : 's'}`;
  });
const backend = await createBackend();
const header = `# Performance

How the cost of training a GPT grows. Written by \`npx tsx scripts/performance-page.ts\` on ${cpus()[0]?.model.trim() ?? 'an unknown processor'},
${backend.name}, Node ${process.version}; the limits measured in the same run are ${reached.join(', ')}.
A step is forward, backward, clipping and AdamW; speeds are medians over bursts in which the machine was otherwise quiet${
  noisy > 0 ? ` (${noisy} points had none)` : ''
};
memory is the largest sum of live tensors. FLOPs a token = 6 · weights in products + 12 · layers · width · context, so that
causal attention, which skips the masked half, can seem to reach more than it computes. Single kernels, whole steps beside
other libraries and memory in a process of its own: \`lookback bench kernels\`, \`lookback bench train memory --peers\`; the
time under another program's load: \`lookback bench contention --peers\`; in Chromium: \`npx tsx bench/browser.ts\`.
`;
writeFileSync(join(docs, 'performance.md'), `${header}\n${sections.join('\n')}`);
console.error(`${docs}/performance.md in ${((performance.now() - started) / 1000).toFixed(0)} s`);
