import type { ElementCase } from '../../support/gallery.js';
import { BENCH } from './bench.js';
import { LABELLED } from './labelled.js';
import { SMALL } from './small.js';
import { STUDIOS } from './studios.js';

/** Every element with its states. */
export const GALLERY: readonly ElementCase[] = [...STUDIOS, ...SMALL, ...LABELLED, BENCH];
