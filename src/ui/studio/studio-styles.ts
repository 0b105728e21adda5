import { css } from 'lit';

/** The studio: wells, stage, settings side by side; below them the bar and the line of time. Stacked where it is narrow. */
export const studioStyles = css`
  :host {
    display: block;
    container: gram-studio / inline-size;
    background: var(--_surface);
  }
  .studio {
    display: grid;
    grid-template:
      'stage' minmax(19rem, auto)
      'bar' auto
      'tools' auto
      'wells' auto
      'settings' auto
      'time' auto / minmax(0, 1fr);
    gap: var(--_gap);
  }
  .stage {
    grid-area: stage;
    block-size: clamp(19rem, 100cqi, 62dvb);
  }
  .wells {
    grid-area: wells;
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(7.5rem, 1fr));
    gap: 0.85rem;
    align-content: start;
    min-inline-size: 0;
  }
  .mask {
    grid-column: 1 / -1;
  }
  .mask summary {
    cursor: pointer;
    font-size: 0.875em;
  }
  .add {
    grid-column: 1 / -1;
    inline-size: 100%;
    border-style: dashed;
    border-color: var(--_control-line);
  }
  .settings {
    grid-area: settings;
    min-inline-size: 0;
  }
  .bar {
    grid-area: bar;
    display: flex;
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
    min-inline-size: 7.5rem;
    max-inline-size: 50%;
    padding-inline: 1rem;
  }
  .status {
    flex: 1;
    min-inline-size: 0;
    min-block-size: 2.75em;
    display: grid;
    align-content: center;
    line-height: 1.35;
  }
  .status p {
    margin: 0;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .tools {
    grid-area: tools;
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    margin-inline: -0.6rem;
  }
  .time {
    grid-area: time;
    display: grid;
    gap: 0.75rem var(--_gap);
    min-inline-size: 0;
  }
  progress {
    grid-column: 1 / -1;
  }
  .notices {
    grid-column: 1 / -1;
    display: grid;
    gap: 0.5rem;
  }
  .notice {
    margin: 0;
    padding: 0.6rem 0.9rem;
    border-inline-start: 3px solid var(--_control-line);
    background: var(--_raised);
  }
  .blank {
    margin: 0;
    color: var(--_muted);
    text-align: center;
    text-wrap: balance;
  }
  gram-failure {
    inline-size: min(34rem, 100%);
    max-block-size: 100%;
    overflow: auto;
  }
  .share {
    inline-size: 100%;
  }
  @container gram-studio (min-width: 46rem) {
    .studio {
      grid-template:
        'wells stage settings' minmax(20rem, auto)
        'bar bar tools' auto
        'time time time' auto / minmax(8.5rem, 0.2fr) minmax(0, 1fr) minmax(14rem, 0.27fr);
      gap: var(--_gap) clamp(1rem, 2.4cqi, 2rem);
    }
    .stage {
      block-size: clamp(20rem, 50cqi, 66dvb);
    }
    .wells {
      grid-template-columns: minmax(0, 1fr);
      max-block-size: clamp(20rem, 50cqi, 66dvb);
      overflow-y: auto;
      overflow-x: hidden;
      scrollbar-width: thin;
      padding: 3px;
      margin: -3px;
    }
    .settings {
      max-block-size: clamp(20rem, 50cqi, 66dvb);
      overflow-y: auto;
      scrollbar-width: thin;
      padding-inline: 3px;
    }
    .bar {
      position: static;
      border: 0;
      padding-block: 0;
    }
    .bar .primary {
      inline-size: 100%;
      max-inline-size: max(8.5rem, 13.5cqi);
    }
    .tools {
      justify-content: end;
    }
    .time {
      grid-template-columns: minmax(0, 1fr) minmax(0, 1.1fr);
    }
  }
  @container gram-studio (min-width: 100rem) {
    .studio {
      font-size: 1.1em;
      grid-template-columns: minmax(12rem, 0.16fr) minmax(0, 1fr) minmax(18rem, 0.22fr);
    }
  }
`;
