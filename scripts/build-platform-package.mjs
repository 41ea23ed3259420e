/**
 * Builds the package that carries the native addon for this platform, ready to publish beside `lookback` of the same
 * version, so that installers which skip install scripts, or machines without a compiler, still get native speed.
 * src/backends/cpu/native.ts looks for it before the local build.
 *
 *   node scripts/build-platform-package.mjs
 *
 * Writes build/platform/lookback-PLATFORM-ARCH/. Publishes nothing.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildNative } from './build-native.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Writes the package from the addon in build/native, which is built first when stale. Throws where it cannot be. */
async function buildPlatformPackage() {
  await buildNative();
  const { version, license, engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const platform = `${process.platform}-${process.arch}`;
  const name = `@lookback/${platform}`;
  const folder = join(root, 'build', 'platform', `lookback-${platform}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const addons = readdirSync(join(root, 'build', 'native')).filter((file) => file.endsWith('.node'));
  for (const addon of addons) cpSync(join(root, 'build', 'native', addon), join(folder, addon));
  cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  const manifest = {
    name,
    version,
    description: `The native addon of lookback for ${platform}`,
    license,
    engines,
    os: [process.platform],
    cpu: [process.arch],
    // An addon linked with glibc does not load where musl serves.
    ...(process.report.getReport().header.glibcVersionRuntime ? { libc: ['glibc'] } : {}),
    files: ['*.node'],
  };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  return { folder, name, version, addons };
}

try {
  const { folder, name, version, addons } = await buildPlatformPackage();
  const path = relative(process.cwd(), folder);
  console.log(`${name}@${version} in ${path}: ${addons.join(', ')}`);
  console.log(`Publish it:     npm publish ./${path} --access public`);
  console.log(`Then depend on it: "optionalDependencies": { "${name}": "${version}" } in lookback's package.json`);
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exit(1);
}
