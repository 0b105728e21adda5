import { css } from 'lit';

/** The layout of gram-fine-tune: pictures, curves and settings side by side, results below; stacked where it is narrow. */
export const fineTuneStyles = css`
  .work {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: var(--_gap);
  }
  .foot {
    position: sticky;
    inset-block-end: 0;
    z-index: 2;
    background: var(--_surface);
  }
  .foot .bar {
    position: static;
  }
  h2 {
    margin: 0 0 0.5rem;
    font-size: 1rem;
    font-weight: 600;
  }
  .top {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 1.25rem clamp(1rem, 2.4cqi, 2rem);
  }
  .data {
    display: grid;
    gap: 0.6rem;
    align-content: start;
    min-inline-size: 0;
  }
  .data .drop {
    min-block-size: 8rem;
    padding: 0.9rem;
    gap: 0.4rem;
  }
  .data .drop .headline {
    font: inherit;
  }
  .ways.start {
    justify-content: start;
    align-items: center;
  }
  .data .ways button {
    padding-inline: 0.7rem;
  }
  .summary {
    margin: 0;
  }
  .summary strong {
    font: 400 1.5rem/1.2 var(--_font-display);
    display: block;
  }
  .classes {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(4rem, 30%), 1fr));
    gap: 0.6rem 0.5rem;
    margin: 0;
    padding: 2px;
    list-style: none;
    font-size: 0.8125em;
    line-height: 1.25;
    max-block-size: 21rem;
    overflow: auto;
  }
  .classes img {
    display: block;
    inline-size: 100%;
    aspect-ratio: 1;
    object-fit: cover;
    padding: 3px;
    background: var(--_raised);
    border: 1px solid var(--_line);
  }
  .classes span {
    display: block;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .classes .hint {
    font-size: 1em;
  }
  .curves {
    min-inline-size: 0;
  }
  .settings-form,
  .more {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 0.6rem;
  }
  .more {
    padding-block: 0.25rem 0.5rem;
  }
  details {
    border-block-start: 1px solid var(--_line);
  }
  details.notice {
    border-block-start: 0;
  }
  .results,
  .trial {
    display: grid;
    gap: 0.75rem;
    min-inline-size: 0;
  }
  .results > header {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: 0.5rem 1rem;
  }
  .title {
    margin: 0;
    font: 400 1.75rem/1.2 var(--_font-display);
  }
  .trial {
    border-block-start: 1px solid var(--_line);
    padding-block-start: 1.25rem;
  }
  .resting {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.5rem 0.75rem;
  }
  @container gram-labelled (min-width: 58rem) {
    .top {
      grid-template-columns: minmax(12rem, 0.24fr) minmax(0, 1fr) minmax(13rem, 0.26fr);
    }
  }
  @container gram-labelled (min-width: 100rem) {
    .work {
      font-size: 1.1em;
    }
  }
`;
