/**
 * What this program runs in, without importing anything of Node's: bundlers for the browser see no builtins.
 */

interface NodeProcess {
  readonly versions?: { readonly node?: string; readonly v8?: string };
  readonly platform: string;
  readonly arch: string;
  readonly env: Record<string, string | undefined>;
  getBuiltinModule?(name: string): unknown;
}

const nodeProcess = (globalThis as { process?: NodeProcess }).process;

/** Node's process object, or undefined in a browser. */
export const node: NodeProcess | undefined = nodeProcess?.versions?.node ? nodeProcess : undefined;

/** A module of Node's, or undefined in a browser (and in Node before 20.16, which lacks the function). */
export function builtin<T>(name: string): T | undefined {
  return node?.getBuiltinModule?.(name) as T | undefined;
}

/** An environment variable; empty counts as absent. */
export function environment(name: string): string | undefined {
  return node?.env[name] || undefined;
}

/** The folder that holds Lookback's package.json, in Node. */
export function packageRoot(): string | undefined {
  const fs = builtin<typeof import('node:fs')>('node:fs');
  const path = builtin<typeof import('node:path')>('node:path');
  const url = builtin<typeof import('node:url')>('node:url');
  if (!fs || !path || !url || !import.meta.url.startsWith('file:')) return undefined;
  let folder = path.dirname(url.fileURLToPath(import.meta.url));
  while (!fs.existsSync(path.join(folder, 'kernels', 'kernels.table'))) {
    const above = path.dirname(folder);
    if (above === folder) return undefined;
    folder = above;
  }
  return folder;
}

/** How many threads to use when nobody says: LOOKBACK_THREADS, else what the machine offers. */
export function defaultThreads(): number {
  const asked = Number(environment('LOOKBACK_THREADS'));
  if (Number.isInteger(asked) && asked > 0) return asked;
  const os = builtin<typeof import('node:os')>('node:os');
  return os?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
}
