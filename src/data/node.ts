/** Data from files and the network. Node only. */

export { parseSeries, type SeriesColumns, type SeriesTable } from './csv.node.ts';
export { type DocumentOptions, readDocuments } from './documents.node.ts';
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
export { isShardFolder, openShards, type ShardIndex, ShardReader, type Shards } from './shardReader.node.ts';
export { type PrepareOptions, prepareShards } from './shards.node.ts';
export { readTable, type TableOptions, type TableRow } from './table.node.ts';
export { loadTokenizer, readTokenizerFile, tokenizerNames } from './tokenizers.node.ts';
