import { css } from 'lit';

/** The layout of gram-classifier. */
export const classifierStyles = css`
  .work {
    display: grid;
    gap: var(--_gap);
  }
  .head {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: 0.5rem 1rem;
  }
  .modes {
    display: flex;
    flex-wrap: wrap;
    gap: 0 1.25rem;
    border: 0;
    margin: 0;
    padding: 0;
  }
  .modes label {
    display: inline-flex;
    align-items: center;
    min-block-size: 2.5rem;
    border-block-end: 2px solid transparent;
    color: var(--_muted);
    cursor: pointer;
  }
  .modes label {
    position: relative;
  }
  .modes input.visually-hidden {
    inline-size: 1px;
    min-block-size: 0;
    padding: 0;
    border: 0;
  }
  .modes label:has(:checked) {
    border-color: var(--_accent);
    color: var(--_text);
  }
  .modes label:has(:focus-visible) {
    outline: 2px solid var(--_accent);
    outline-offset: 2px;
  }
  .tools {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 0.5rem;
    align-items: center;
  }
  .body {
    display: grid;
    gap: 1.25rem;
    min-inline-size: 0;
    align-content: start;
  }
  .settings {
    display: grid;
    gap: 0.75rem;
    align-content: start;
  }
  .live {
    display: grid;
    gap: 0.75rem 1.25rem;
    align-items: start;
  }
  .live .tools {
    justify-content: start;
  }
  .opened {
    display: grid;
    gap: 0.75rem;
    margin-block-start: 1rem;
  }
  .opened header {
    display: flex;
    align-items: center;
    gap: 0.5rem;
  }
  .opened h3 {
    margin: 0;
    font-size: 1em;
    font-weight: 600;
  }
  @container gram-labelled (min-width: 46rem) {
    .layout {
      display: grid;
      grid-template-columns: minmax(0, 1fr) minmax(13rem, 0.24fr);
      gap: var(--_gap) clamp(1rem, 2.4cqi, 2rem);
    }
    .live {
      grid-template-columns: minmax(0, 1.4fr) minmax(12rem, 1fr);
    }
  }
`;
