import { escape, prose, table } from './html.mjs';

/** The table of kernels, from their records. */
export function kernelsPage(kernels) {
  return table(kernels, [
    ['Kernel', (kernel) => `<code>${escape(kernel.name)}</code>`],
    ['What it computes', (kernel) => `${prose(kernel.summary)}<br /><code>${escape(kernel.formula)}</code>`],
    ['Variants', (kernel) => kernel.variants.map(({ id, summary }) => `<code>${escape(id)}</code> ${prose(summary)}`).join('<br />')],
    ['Gradient', (kernel) => ('none' in kernel.gradient ? prose(kernel.gradient.none) : `<code>${escape(kernel.gradient.kernel)}</code>`)],
    ['Source', (kernel) => prose(kernel.source)],
  ]);
}
