import { structureOf, type RunJob } from '../run/job.js';

/** What makes a run another run: structure and pictures, by identity of the files. */
export function keyOf(job: RunJob): string {
  return JSON.stringify([
    structureOf(job),
    [job.content, ...job.styles, ...(job.masks ?? [])].map((file) => (file === undefined || file === null ? 0 : identityOf(file.blob))),
  ]);
}

const identities = new WeakMap<Blob, number>();
let nextIdentity = 1;

function identityOf(blob: Blob): number {
  const known = identities.get(blob) ?? nextIdentity++;
  identities.set(blob, known);
  return known;
}
