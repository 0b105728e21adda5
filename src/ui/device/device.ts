import { css, html, nothing, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import type { DeviceTraits } from '../../engine/device.js';
import { selfTest, type SelfTestCheck } from '../../tasks/self-test.js';
import { controls } from '../base/controls.js';
import { describeFailure, withoutSteps, type Failure } from '../base/failure.js';
import '../base/failure-view.js';
import { define, GramaryeElement } from '../base/gramarye-element.js';
import { tokens } from '../base/tokens.js';
import { leaseEngine } from '../gpu/engine-pool.js';

/** The self-test has ended. */
export class TestedEvent extends Event {
  readonly checks: readonly SelfTestCheck[];
  constructor(checks: readonly SelfTestCheck[]) {
    super('gram-tested', { bubbles: true, composed: true });
    this.checks = checks;
  }
}

/**
 * What this browser has for computing, and a self-test of every kernel.
 *
 * @element gram-device
 * @fires {TestedEvent} gram-tested - The self-test has ended.
 * @csspart facts - The list of facts.
 * @csspart checks - The table of failed checks.
 */
export class GramDevice extends GramaryeElement {
  static override styles = [
    tokens,
    controls,
    css`
      :host {
        display: block;
        background: var(--_surface);
        max-inline-size: 44rem;
      }
      dl {
        display: grid;
        grid-template-columns: minmax(9rem, auto) minmax(0, 1fr);
        margin: 0 0 1rem;
        border-block-start: 1px solid var(--_line);
      }
      dt,
      dd {
        margin: 0;
        padding-block: 0.5rem;
        border-block-end: 1px solid var(--_line);
        overflow-wrap: anywhere;
      }
      dt {
        color: var(--_muted);
        padding-inline-end: 1rem;
      }
      .test {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.75rem;
        min-block-size: 2.75rem;
      }
      .passed {
        font-weight: 600;
      }
      ul {
        padding-inline-start: 1.2rem;
        overflow-wrap: anywhere;
      }
      gram-failure {
        display: block;
        margin-block: 0.75rem;
      }
    `,
  ];

  /** `idle`, `looking`, `ready`, `testing`, `passed` or `failed`. */
  @property({ reflect: true }) state: 'idle' | 'looking' | 'ready' | 'testing' | 'passed' | 'failed' = 'idle';
  /** Waits for a press of the button before it wakes the graphics device. */
  @property({ type: Boolean, reflect: true }) manual = false;

  @state() private traits: DeviceTraits | null = null;
  @state() private progress = { done: 0, total: 0, name: '' };
  @state() private checks: readonly SelfTestCheck[] = [];
  @state() private failure: Failure | null = null;
  #stop = new AbortController();

  /** What the device can do; null before it was looked at. */
  get deviceTraits(): DeviceTraits | null {
    return this.traits;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#stop = new AbortController();
    if (!this.manual) void this.look();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop.abort();
  }

  /** Finds out what the device can do. */
  async look(): Promise<void> {
    this.state = 'looking';
    this.failure = null;
    try {
      const lease = await leaseEngine();
      this.traits = lease.engine.traits;
      lease.release();
      this.state = 'ready';
    } catch (error) {
      this.failure = withoutSteps(describeFailure(error));
      this.state = 'failed';
    }
  }

  /** Checks every kernel against its reference. */
  async test(): Promise<readonly SelfTestCheck[]> {
    const { signal } = this.#stop;
    this.state = 'testing';
    this.failure = null;
    this.checks = [];
    try {
      const lease = await leaseEngine();
      const giveBack = await lease.turns.take(signal).catch((error: unknown) => {
        lease.release();
        throw error;
      });
      try {
        this.traits = lease.engine.traits;
        this.checks = await selfTest(lease.engine, {
          signal,
          onProgress: (done, total, name) => {
            this.progress = { done, total, name };
          },
        });
      } finally {
        giveBack();
        lease.release();
      }
      this.state = this.#failed.length === 0 ? 'passed' : 'failed';
      this.dispatchEvent(new TestedEvent(this.checks));
    } catch (error) {
      if (!signal.aborted) {
        this.failure = withoutSteps(describeFailure(error));
        this.state = 'failed';
      }
    }
    return this.checks;
  }

  get #failed(): readonly SelfTestCheck[] {
    return this.checks.filter(({ problems }) => problems.length > 0);
  }

  override render(): TemplateResult {
    return html`${this.traits === null ? nothing : this.#facts(this.traits)}
      ${this.failure === null ? nothing : html`<gram-failure .failure=${this.failure} .strings=${this.strings} @gram-failure-acted=${() => void this.look()}></gram-failure>`}
      <div class="test">
        ${
          this.traits === null
            ? this.failure === null
              ? html`<button type="button" ?disabled=${this.state === 'looking'} @click=${() => void this.look()}>${this.text('deviceAsk')}</button>`
              : nothing
            : html`<button type="button" class="primary" ?disabled=${this.state === 'testing'} @click=${() => void this.test()}>
                ${this.text('deviceTest')}
              </button>`
        }
        <span role="status">${this.#verdict()}</span>
      </div>
      ${
        this.#failed.length === 0
          ? nothing
          : html`<ul part="checks">
              ${this.#failed.flatMap(({ problems }) => problems.slice(0, 1)).map((problem) => html`<li>${problem}</li>`)}
            </ul>`
      }`;
  }

  #facts(traits: DeviceTraits): TemplateResult {
    const name = [traits.vendor, traits.architecture, traits.description || traits.device].filter((part) => part !== '').join(' · ');
    const features = [...traits.features].filter((feature) => ['shader-f16', 'subgroups', 'timestamp-query'].includes(feature));
    const facts: [string, string][] = [
      [this.text('deviceAdapter'), name || this.text('deviceNone')],
      [this.text('deviceKind'), this.text(traits.isSoftware ? 'deviceSoftware' : 'deviceHardware')],
      [this.text('deviceFeatures'), features.join(', ') || this.text('deviceNone')],
      [
        this.text('deviceSubgroups'),
        traits.subgroupMaxSize === 0 ? this.text('deviceNone') : [...new Set([traits.subgroupMinSize, traits.subgroupMaxSize])].join('–'),
      ],
      [this.text('deviceBuffer'), this.bytes(Math.min(traits.limits.maxBufferSize, traits.limits.maxStorageBufferBindingSize))],
      [this.text('deviceWorkgroup'), this.number(traits.limits.maxComputeInvocationsPerWorkgroup, 21)],
      [this.text('deviceMemory'), this.bytes(traits.limits.maxComputeWorkgroupStorageSize)],
    ];
    return html`<dl part="facts">
      ${facts.map(
        ([term, fact]) =>
          html`<dt>${term}</dt>
            <dd>${fact}</dd>`,
      )}
    </dl>`;
  }

  #verdict(): TemplateResult | string {
    const total = this.checks.length;
    if (this.state === 'testing') return this.text('deviceTesting', { ...this.progress });
    if (total === 0) return '';
    const failed = this.#failed.length;
    return failed === 0 ? html`<span class="passed">${this.text('deviceTestPassed', { total })}</span>` : this.text('deviceTestFailed', { failed, total });
  }
}

define('gram-device', GramDevice);

declare global {
  interface HTMLElementTagNameMap {
    'gram-device': GramDevice;
  }
  interface GlobalEventHandlersEventMap {
    'gram-tested': TestedEvent;
  }
}
