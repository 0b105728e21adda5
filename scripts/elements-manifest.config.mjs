/** What the analyzer of the elements reads and where it writes; see elements-manifest.mjs. */
export default {
  globs: ['src/ui/**/*.ts'],
  outdir: '.cache/elements-manifest',
  litelement: true,
  // The package names the manifest of the build, not this one.
  packagejson: false,
};
