/**
 * Types of the elements for React 19: `import 'gramarye/react'` once, and JSX knows their tags with properties and events
 * (`ongram-finished={(event) => …}`). It holds no code.
 */
import type { LitElement } from 'lit';
import type { HTMLAttributes, RefAttributes } from 'react';
// Its file also tells of the tags and events of all elements.
import type { GramStyleTransfer } from '../dist/types/ui/index.js';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Names of what can be set: no methods, nothing that is only read, nothing that every element has. */
type SettableKeys<E> = {
  [K in keyof E]-?: K extends keyof LitElement
    ? never
    : E[K] extends (...parameters: never[]) => unknown
      ? never
      : Same<Pick<E, K>, { -readonly [P in K]: E[P] }> extends true
        ? K
        : never;
}[keyof E];

/** Listeners by React's name for them. */
type GramListeners = {
  [K in keyof GlobalEventHandlersEventMap & `gram-${string}` as `on${K}`]?: (event: GlobalEventHandlersEventMap[K]) => void;
};

/** What JSX may give an element. Attributes with a hyphen may be written as they are. */
export type GramProps<E extends HTMLElement> = Omit<HTMLAttributes<E>, SettableKeys<E>> &
  RefAttributes<E> &
  GramListeners & { [K in SettableKeys<E>]?: E[K] | undefined };

/** All elements by tag. */
export type GramElements = {
  [K in keyof HTMLElementTagNameMap & `gram-${string}`]: GramProps<HTMLElementTagNameMap[K]> &
    (HTMLElementTagNameMap[K] extends GramStyleTransfer ? { readonly styles?: string | undefined } : unknown);
};

declare module 'react' {
  // eslint's rule against namespaces does not know that React has this one.
  namespace JSX {
    interface IntrinsicElements extends GramElements {}
  }
}
