import { css } from 'lit';

/** The frame of a picture well: a mat around the picture, like a print that lies to dry. */
export const wellStyles = css`
  :host {
    display: block;
    position: relative;
    inline-size: 100%;
  }
  .frame {
    display: block;
    position: relative;
    inline-size: 100%;
    aspect-ratio: var(--gram-well-ratio, 1);
    min-block-size: 0;
    padding: 6px;
    overflow: hidden;
    background: var(--_raised);
    border: 1px solid var(--_line);
  }
  .frame:hover:not(:disabled),
  :host([dragging]) .frame {
    border-color: var(--_accent);
    background: var(--_raised);
  }
  :host([dragging]) .frame {
    outline: 2px solid var(--_accent);
    outline-offset: -6px;
  }
  img {
    display: block;
    inline-size: 100%;
    block-size: 100%;
    object-fit: cover;
  }
  .empty {
    display: grid;
    place-content: center;
    justify-items: center;
    gap: 0.5rem;
    block-size: 100%;
    padding: 0.5rem;
    color: var(--_muted);
    font-size: 0.875em;
    line-height: 1.3;
    text-wrap: balance;
    border: 1px dashed var(--_control-line);
  }
  .empty svg {
    inline-size: 1.6rem;
    block-size: 1.6rem;
  }
  .change {
    position: absolute;
    inset-inline: 6px;
    inset-block-end: 6px;
    padding: 0.25rem 0.5rem;
    background: color-mix(in srgb, var(--_raised) 92%, transparent);
    color: var(--_text);
    font-size: 0.8125em;
    opacity: 0;
    transition: opacity var(--_quick);
  }
  .frame:hover .change,
  .frame:focus-visible .change {
    opacity: 1;
  }
  .caption {
    display: flex;
    flex-wrap: wrap;
    justify-content: space-between;
    gap: 0 0.5rem;
    margin: 0.35rem 0 0;
    font-size: 0.875em;
  }
  .name {
    color: var(--_muted);
  }
  .remove {
    position: absolute;
    inset-block-start: 0.6rem;
    inset-inline-end: 0.6rem;
    inline-size: 2rem;
    min-block-size: 2rem;
    background: var(--_raised);
    border-color: var(--_line);
  }
`;
