import { createElement, type IconNode } from 'lucide';

/** An icon of Lucide as an SVG node that says nothing to a screen reader: the button around it has the words. */
export function icon(node: IconNode): SVGElement {
  return createElement(node, { 'aria-hidden': 'true', focusable: 'false', 'stroke-width': '1.6' });
}
