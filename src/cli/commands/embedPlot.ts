/** `lookback embed plot FILE.svg`: word vectors in two dimensions with the lecture's arrows, or how many directions fit. */
import type { Command } from 'commander';
import { LookbackError } from '../../errors.ts';
import { figure, Plot, palette } from '../../figures/figure.ts';
import { type ScatterPoint, scatter } from '../../figures/scatter.ts';
import { writeFileAtomic } from '../../track/node.ts';
import {
  type AlmostOrthogonal,
  almostOrthogonal,
  parallelism,
  principalComponents,
  type Relation,
  relationsIn,
  type WordVectors,
} from '../../vectors/index.ts';
import { number } from '../numbers.ts';
import { PhaseLine } from '../phaseLine.ts';
import { formatCount, formatPercent } from '../terminal/format.ts';
import { table } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';

interface PlotOptions {
  vectors?: string;
  words?: string;
  orthogonal?: boolean;
  tolerance: number;
  json?: boolean;
}

export function registerPlots(embed: Command, load: (name: string) => WordVectors, terminal: Terminal): void {
  embed
    .command('plot')
    .argument('<file.svg>', 'where to write')
    .description('two principal components with arrows for relations, or how many directions almost fit')
    .option('--vectors <file>', 'word2vec text or binary, .vec, or wink')
    .option('--words <list>', 'these words instead of the relations, with commas between')
    .option('--orthogonal', 'measure how many almost orthogonal vectors fit in D dimensions')
    .option('--tolerance <cosine>', 'what counts as almost orthogonal', number(0.01, 0.99), 0.3)
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  lookback embed plot arrows.svg --vectors wink')
    .action(async (file: string, options: PlotOptions) => {
      if (options.orthogonal) return plotRoom(file, options, terminal);
      if (!options.vectors) {
        throw new LookbackError('USAGE', {
          where: 'embed plot',
          expected: '--vectors FILE, or --orthogonal',
          got: 'neither',
        });
      }
      const vectors = load(options.vectors);
      return options.words
        ? plotWords(file, vectors, options, terminal)
        : plotRelations(file, vectors, options, terminal);
    });
}

/** Words of each relation, projected together. */
async function plotRelations(
  file: string,
  vectors: WordVectors,
  options: PlotOptions,
  terminal: Terminal,
): Promise<void> {
  const { found, missing } = relationsIn(vectors);
  if (found.length === 0) {
    throw new LookbackError('DATA_INVALID', {
      where: `${options.vectors}`,
      expected: `two pairs or more of a relation (${missing.join(', ')})`,
      got: 'none whose words have vectors',
      next: 'Use vectors of more text, or name words with --words',
    });
  }
  const svg = await scatter({
    title: 'One relation, one direction',
    subtitle: `Unit vectors of ${options.vectors}, each relation in its own two principal components`,
    ...panels(vectors, found),
    width: 260 * found.length + 60,
    height: 330,
  });
  writeFileAtomic(file, svg);
  const parallel = found.map((relation) => ({
    name: relation.name,
    pairs: relation.pairs.length,
    parallelism: parallelism(vectors, relation),
  }));
  if (options.json) {
    terminal.write(`${JSON.stringify({ file, relations: parallel, missing })}\n`);
    return;
  }
  terminal.write(
    table({
      columns: ['relation', 'pairs', 'mean cosine of arrows'],
      rows: parallel.map(({ name, pairs, parallelism }) => [name, pairs, parallelism.toFixed(3)]),
      colour: terminal.colour,
    }),
  );
  if (missing.length > 0)
    terminal.write(`No vectors for ${missing.join(' or ')}: a small corpus does not name them often enough.\n`);
  terminal.write(`wrote ${file}\n`);
}

/** The relations side by side: each projected by itself, scaled to the same size and set beside the last. */
function panels(vectors: WordVectors, relations: readonly Relation[]) {
  const points: ScatterPoint[] = [];
  const captions: { text: string; x: number; y: number }[] = [];
  for (const [panel, { name, pairs }] of relations.entries()) {
    const names = pairs.flat();
    const { points: places } = principalComponents(unitRows(vectors, names), vectors.dimensions);
    const size = places.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
    for (const [i, word] of names.entries()) {
      points.push({ name: word, x: places[i * 2] / size + panel * 2.7, y: places[i * 2 + 1] / size, group: name });
    }
    captions.push({ text: name, x: panel * 2.7, y: 1.35 });
  }
  return { points, captions, arrows: points.flatMap((_, i) => (i % 2 === 0 ? [{ from: i, to: i + 1 }] : [])) };
}

function unitRows(vectors: WordVectors, names: readonly string[]): Float32Array {
  const { dimensions } = vectors;
  const unit = vectors.unit();
  const rows = new Float32Array(names.length * dimensions);
  for (const [i, name] of names.entries()) {
    const row = vectors.row(name);
    rows.set(unit.subarray(row * dimensions, (row + 1) * dimensions), i * dimensions);
  }
  return rows;
}

async function plotWords(
  file: string,
  vectors: WordVectors,
  { words = '', json, vectors: name }: PlotOptions,
  terminal: Terminal,
): Promise<void> {
  const names = [
    ...new Set(
      words
        .split(',')
        .map((word) => word.trim())
        .filter((word) => word !== ''),
    ),
  ];
  if (names.length < 3)
    throw new LookbackError('USAGE', { where: '--words', expected: 'three words or more', got: words });
  const { points, explained } = principalComponents(unitRows(vectors, names), vectors.dimensions);
  const places = names.map((word, i) => ({ name: word, x: points[i * 2], y: points[i * 2 + 1] }));
  const share = formatPercent(explained[0] + explained[1], 0);
  writeFileAtomic(
    file,
    await scatter({
      title: 'Words in two dimensions',
      subtitle: `${name}: principal components, ${share} of the variance`,
      points: places,
    }),
  );
  terminal.write(json ? `${JSON.stringify({ file, explained, points: places })}\n` : `wrote ${file}\n`);
}

/** Measured for each D, against the D that are exactly orthogonal. */
async function plotRoom(file: string, { tolerance, json }: PlotOptions, terminal: Terminal): Promise<void> {
  const rows: AlmostOrthogonal[] = [];
  const line = new PhaseLine(terminal, { json });
  for (const dimensions of [2, 4, 8, 16, 24, 32, 48, 64, 80, 96, 112, 128]) {
    const phase = `trying directions in ${dimensions} dimensions`;
    const row = almostOrthogonal(dimensions, {
      tolerance,
      onFound: (done) => line.update({ phase, done, unit: 'found' }),
    });
    rows.push(row);
    if (row.atLimit) break;
  }
  line.clear();
  const svg = await figure({
    title: `How many directions fit when |cos| ≤ ${tolerance} is almost orthogonal`,
    subtitle: 'Found by trying random directions, so at least so many fit; dashed: exactly orthogonal',
    height: 340,
    marginLeft: 56,
    x: { label: 'dimensions' },
    y: { type: 'log', label: null, grid: true },
    marks: [
      Plot.line(rows, {
        x: 'dimensions',
        y: 'dimensions',
        stroke: 'currentColor',
        strokeDasharray: '4 4',
        strokeOpacity: 0.6,
      }),
      Plot.line(rows, { x: 'dimensions', y: 'found', stroke: palette[0], strokeWidth: 2 }),
      Plot.dot(rows, {
        x: 'dimensions',
        y: 'found',
        fill: palette[0],
        title: (row: AlmostOrthogonal) => `${row.dimensions}: ${row.found}`,
      }),
    ],
  });
  writeFileAtomic(file, svg);
  if (json) terminal.write(`${JSON.stringify({ file, tolerance, rows })}\n`);
  else {
    const cells = rows.map(({ dimensions, found, atLimit }) => [
      dimensions,
      `${atLimit ? '>' : ''}${formatCount(found)}`,
    ]);
    terminal.write(
      `${table({ columns: ['dimensions', 'almost orthogonal'], rows: cells, colour: terminal.colour })}wrote ${file}\n`,
    );
  }
}
