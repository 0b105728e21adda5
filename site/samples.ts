import type { PictureSample } from '../src/ui/index.js';

const styles = import.meta.glob<string>('../assets/styles/*.jpg', { eager: true, query: '?url', import: 'default' });
const photographs = import.meta.glob<string>('../assets/photographs/*.jpg', { eager: true, query: '?url', import: 'default' });

function samplesOf(files: Readonly<Record<string, string>>): PictureSample[] {
  return Object.entries(files).map(([path, src]) => ({ src, label: (/([^/]+)\.jpg$/.exec(path)?.[1] ?? path).replaceAll('-', ' ') }));
}

/** Style pictures painted by the project's own script. */
export const STYLES = samplesOf(styles);

/** Photographs in the public domain or under CC0. */
export const PHOTOGRAPHS = samplesOf(photographs);

/** Address of a sample by its name. Throws for a name there is none of: a page would show an empty frame. */
export function sampleSrc(samples: readonly PictureSample[], label: string): string {
  const sample = samples.find((candidate) => candidate.label === label);
  if (sample === undefined) throw new RangeError(`There is no sample "${label}".`);
  return sample.src;
}
