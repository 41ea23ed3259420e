/** Lines of code per folder, tests apart, and the longest files: `npm run size`. */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const kinds = new Set(['.ts', '.mjs', '.cpp', '.hpp', '.h', '.table', '.svelte', '.wgsl']);
const longest = 400;

const folders = new Map();
const long = [];
for (const top of ['kernels', 'src', 'studio', 'examples', 'bench', 'tests', 'scripts', 'bin']) walk(join(root, top));

const rows = [...folders].map(([folder, { files, lines, tests }]) => [folder, files, lines, tests]);
const sum = (column) => rows.reduce((total, row) => total + row[column], 0);
rows.push(['total', sum(1), sum(2), sum(3)]);
const width = Math.max(...rows.map(([folder]) => folder.length));
console.log(`${'folder'.padEnd(width)}  files   lines   tests`);
for (const [folder, ...figures] of rows) {
  const [files, lines, tests] = figures.map((figure) => figure.toLocaleString('en'));
  console.log(`${folder.padEnd(width)}  ${files.padStart(5)}  ${lines.padStart(6)}  ${tests.padStart(6)}`);
}
for (const { file, lines } of long.sort((a, b) => b.lines - a.lines))
  console.log(`over ${longest} lines: ${file} ${lines}`);

function walk(folder) {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return;
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) walk(path);
    else if (kinds.has(extname(entry.name)) && !entry.name.includes('.generated.')) add(path);
  }
}

function add(path) {
  const file = relative(root, path).split(sep).join('/');
  const lines = readFileSync(path, 'utf8').split('\n').length - 1;
  const parts = file.split('/');
  const folder = parts.length > 2 ? parts.slice(0, 2).join('/') : parts[0];
  const room = folders.get(folder) ?? { files: 0, lines: 0, tests: 0 };
  folders.set(folder, room);
  room.files++;
  if (/\.test\.ts$|^tests\//.test(file)) room.tests += lines;
  else room.lines += lines;
  if (lines > longest) long.push({ file, lines });
}
