import { html, nothing, type TemplateResult } from 'lit';
import { compareFiles, type Comparison } from '../../bench/compare/compare.js';
import { benchFile, type BenchFile, type BenchRun } from '../../bench/result.js';
import type { StringKey } from '../base/strings.js';
import { about, comparisonTable, figuresTable, groupPlot } from './result-view.js';

/** Theirs against ours; undefined where there is nothing to compare or they have nothing in common. */
export function comparisonOf(theirs: BenchFile | undefined, ours: BenchRun | null): Comparison | undefined {
  if (theirs === undefined || ours === null) return undefined;
  try {
    return compareFiles(theirs, benchFile([ours]), { otherDevices: true });
  } catch {
    return undefined;
  }
}

/** A loaded file, what was measured here, and what can be done about them. */
export interface ComparisonModel {
  readonly name: string;
  readonly file: BenchFile;
  /** Null as long as nothing was measured here: the file is shown by itself. */
  readonly run: BenchRun | null;
  readonly comparison: Comparison | undefined;
  readonly text: (key: StringKey, values?: Readonly<Record<string, string | number>>) => string;
  readonly onUnload: () => void;
}

/** Someone else's results beside those of this device. */
export function comparisonView({ name, file, run, comparison, text, onUnload }: ComparisonModel): TemplateResult {
  const [theirs] = file.runs;
  const heading = text('benchCompareTitle', { name });
  return html`<section class="group">
    <h2>${run === null ? name : heading}</h2>
    ${
      comparison !== undefined
        ? comparisonTable(heading, comparison, [text('benchTheirs'), text('benchOurs')])
        : html`${run === null ? nothing : html`<p class="software">${text('benchCompareNone')}</p>`}
          ${theirs === undefined ? nothing : html`${about(theirs)} ${theirs.groups.map((group) => groupPlot(text('benchPlot'), group))} ${figuresTable(name, theirs.groups)}`}`
    }
    <div>
      <button type="button" class="quiet" @click=${onUnload}>${text('benchUnload')}</button>
    </div>
  </section>`;
}
