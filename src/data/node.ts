/** Data from files and the network. Node only. */

export { parseSeries, type SeriesColumns, type SeriesTable } from './csv.node.ts';
export { type DownloadOptions, download } from './download.node.ts';
export {
  cacheFolder,
  findFile,
  type ResolvedSeries,
  type ResolvedText,
  type ResolveOptions,
  resolveSeries,
  resolveText,
  type SeriesOptions,
} from './resolve.node.ts';
export { readTable, type TableRow } from './table.node.ts';
