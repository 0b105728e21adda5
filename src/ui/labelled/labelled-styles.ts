import { css } from 'lit';

/** What the elements of classification and fine-tuning share: the place to drop things, cards of pictures, the bar with the one button. */
export const labelledStyles = css`
  :host {
    display: block;
    container: gram-labelled / inline-size;
    background: var(--_surface);
    min-inline-size: 0;
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.5rem 0.9rem;
    position: sticky;
    inset-block-end: 0;
    z-index: 2;
    padding-block: 0.6rem;
    background: var(--_surface);
    border-block-start: 1px solid var(--_line);
  }
  .bar .primary {
    min-inline-size: 8.5rem;
    padding-inline: 1.1rem;
    flex: none;
  }
  .status {
    flex: 1 1 10rem;
    min-inline-size: 0;
    min-block-size: 2.75em;
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    align-content: center;
    line-height: 1.35;
  }
  .status p {
    margin: 0;
  }
  .drop {
    display: grid;
    place-content: center;
    justify-items: center;
    gap: 0.75rem;
    min-block-size: clamp(14rem, 42cqi, 24rem);
    padding: 1.5rem 1rem;
    text-align: center;
    border: 1px dashed var(--_control-line);
    background: var(--_raised);
  }
  .drop p {
    margin: 0;
    max-inline-size: 34rem;
    text-wrap: balance;
  }
  .drop .headline {
    font: 400 1.5rem/1.25 var(--_font-display);
  }
  :host([dragging]) .drop,
  :host([dragging]) .work {
    outline: 2px solid var(--_accent);
    outline-offset: 3px;
  }
  .ways {
    display: flex;
    flex-wrap: wrap;
    justify-content: center;
    gap: 0.5rem;
  }
  .cards {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(11.5rem, 100%), 1fr));
    gap: 1.25rem 1rem;
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .card {
    display: grid;
    align-content: start;
    gap: 0.5rem;
    min-inline-size: 0;
  }
  .card .mat {
    aspect-ratio: 1;
    padding: 6px;
    background: var(--_raised);
    border: 1px solid var(--_line);
  }
  .card img {
    display: block;
    inline-size: 100%;
    block-size: 100%;
    object-fit: contain;
  }
  .card img.cropped {
    object-fit: cover;
  }
  .card h3 {
    margin: 0;
    font-weight: 600;
    font-size: 1em;
    overflow-wrap: anywhere;
  }
  .card .file {
    margin: 0;
    color: var(--_muted);
    font-size: 0.8125em;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .guesses {
    display: grid;
    gap: 0.3rem;
    margin: 0;
    padding: 0;
    list-style: none;
    font-size: 0.875em;
  }
  .guesses li {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    gap: 0.1rem 0.5rem;
  }
  .guesses .share-bar {
    grid-column: 1 / -1;
  }
  .guesses .name {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .guesses .first {
    font-weight: 600;
  }
  .guesses li:not(.first) {
    color: var(--_muted);
  }
  .notice {
    margin: 0;
    padding: 0.6rem 0.9rem;
    border-inline-start: 3px solid var(--_control-line);
    background: var(--_raised);
    overflow-wrap: anywhere;
  }
  .notice ul {
    margin: 0.25rem 0 0;
    padding-inline-start: 1.2rem;
    max-block-size: 12rem;
    overflow: auto;
  }
  @container gram-labelled (min-width: 46rem) {
    .bar {
      border: 0;
    }
  }
`;
