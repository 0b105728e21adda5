import { css } from 'lit';

/** Buttons, fields, sliders and bars of progress, the same in every element. */
export const controls = css`
  button,
  input,
  select,
  textarea {
    font: inherit;
    color: inherit;
    letter-spacing: inherit;
  }
  :focus-visible {
    outline: 2px solid var(--_accent);
    outline-offset: 2px;
  }
  button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 0.5em;
    min-block-size: 2.5rem;
    padding: 0.35rem 0.9rem;
    border: 1px solid var(--_control-line);
    border-radius: var(--_radius);
    background: transparent;
    cursor: pointer;
    transition:
      background-color var(--_quick),
      border-color var(--_quick),
      color var(--_quick);
  }
  button:hover:not(:disabled) {
    border-color: var(--_text);
    background: color-mix(in srgb, var(--_text) 6%, transparent);
  }
  button:disabled {
    opacity: 0.45;
    cursor: default;
  }
  button.primary {
    border-color: var(--_accent);
    background: var(--_accent);
    color: var(--_on-accent);
    font-weight: 600;
    padding-inline: 1.6rem;
  }
  button.primary:hover:not(:disabled) {
    border-color: var(--_accent-strong);
    background: var(--_accent-strong);
  }
  button.icon {
    inline-size: 2.5rem;
    padding: 0;
    border-color: transparent;
  }
  button.quiet {
    border-color: transparent;
    padding-inline: 0.5rem;
    text-decoration: underline;
    text-decoration-color: var(--_line);
    text-underline-offset: 0.25em;
  }
  button.quiet:hover:not(:disabled) {
    text-decoration-color: currentColor;
  }
  svg {
    inline-size: 1.2em;
    block-size: 1.2em;
    flex: none;
  }
  .field {
    display: grid;
    gap: 0.2rem;
  }
  .field > .label {
    display: flex;
    justify-content: space-between;
    gap: 0.75rem;
    align-items: baseline;
  }
  .field output {
    color: var(--_muted);
    white-space: nowrap;
  }
  .hint {
    color: var(--_muted);
    font-size: 0.875em;
  }
  input:not([type='range'], [type='checkbox'], [type='file']),
  select {
    inline-size: 100%;
    min-block-size: 2.5rem;
    padding: 0.3rem 0.6rem;
    border: 1px solid var(--_control-line);
    border-radius: var(--_radius);
    background: var(--_raised);
    color: var(--_text);
  }
  input[aria-invalid='true'] {
    border-color: var(--_accent);
    box-shadow: inset 0 0 0 1px var(--_accent);
  }
  input[type='checkbox'] {
    inline-size: 1.1rem;
    block-size: 1.1rem;
    margin: 0;
    accent-color: var(--_accent);
  }
  .check {
    display: flex;
    gap: 0.6rem;
    align-items: center;
    min-block-size: 2rem;
  }
  input[type='range'] {
    appearance: none;
    inline-size: 100%;
    block-size: 2rem;
    margin: 0;
    background: transparent;
    cursor: pointer;
    touch-action: pan-y;
  }
  input[type='range']::-webkit-slider-runnable-track {
    block-size: 2px;
    background: var(--_control-line);
  }
  input[type='range']::-moz-range-track {
    block-size: 2px;
    background: var(--_control-line);
  }
  input[type='range']::-webkit-slider-thumb {
    appearance: none;
    inline-size: 1.05rem;
    block-size: 1.05rem;
    margin-block-start: calc(1px - 0.525rem);
    border: 0;
    border-radius: 3px;
    background: var(--_accent);
    box-shadow: 0 0 0 3px var(--_surface);
    transition: scale var(--_quick);
  }
  input[type='range']::-moz-range-thumb {
    inline-size: 1.05rem;
    block-size: 1.05rem;
    border: 0;
    border-radius: 3px;
    background: var(--_accent);
    box-shadow: 0 0 0 3px var(--_surface);
  }
  input[type='range']:active::-webkit-slider-thumb {
    scale: 1.15;
  }
  input[type='range']:disabled {
    opacity: 0.45;
    cursor: default;
  }
  details > summary {
    display: flex;
    align-items: center;
    gap: 0.4rem;
    min-block-size: 2.5rem;
    cursor: pointer;
    list-style: none;
  }
  details > summary::-webkit-details-marker {
    display: none;
  }
  details > summary::before {
    content: '';
    inline-size: 0.45em;
    block-size: 0.45em;
    border-inline-end: 1.5px solid currentColor;
    border-block-end: 1.5px solid currentColor;
    rotate: -45deg;
    transition: rotate var(--_quick);
  }
  :host(:dir(rtl)) details > summary::before {
    rotate: 45deg;
  }
  details[open] > summary::before {
    rotate: 45deg;
  }
  @media (forced-colors: active) {
    button.primary {
      forced-color-adjust: none;
    }
    input[type='range']::-webkit-slider-runnable-track {
      background: CanvasText;
    }
    input[type='range']::-webkit-slider-thumb {
      background: Highlight;
      forced-color-adjust: none;
    }
  }
  progress {
    appearance: none;
    display: block;
    inline-size: 100%;
    block-size: 3px;
    border: 0;
    background: var(--_line);
    color: var(--_accent);
  }
  progress::-webkit-progress-bar {
    background: var(--_line);
  }
  progress::-webkit-progress-value {
    background: var(--_accent);
    transition: inline-size var(--_quick);
  }
  progress::-moz-progress-bar {
    background: var(--_accent);
  }
`;
